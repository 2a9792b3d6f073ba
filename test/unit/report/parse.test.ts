import { UNKNOWN } from "../../../provider/inputs";
import { makeReport } from "../../../report/model";
import { OPEN, parsePreview, parseState, ReportInputError, SECRET } from "../../../report/parse";
import { previewOf, SAMPLE } from "../../../scripts/screenshots/sample";
import { thrownBy } from "../../support/thrownBy";

const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";
const URN = `urn:pulumi:dev::project::${TYPE}::ci`;
const WRAPPED = "4dabf18193072939515e22adb298388d";
const SECRET_VALUE = "s3cret-that-must-not-leak";

/** What `pulumi preview --json` says of one resource. */
function step(op: string, before: object | undefined, after: object | undefined, more: object = {}): object {
  return {
    op,
    urn: URN,
    ...(before && { oldState: { type: TYPE, ...before } }),
    ...(after && { newState: { type: TYPE, ...after } }),
    ...more,
  };
}

const preview = (...steps: object[]) => parsePreview(JSON.stringify({ steps, changeSummary: {} }));

/** The same steps as the engine's events tell them: a replacement in three. */
function asEvents(document: string): string {
  const { steps } = JSON.parse(document) as {
    steps: { op: string; urn: string; oldState?: object; newState?: object; replaceReasons?: string[] }[];
  };
  const events = steps.flatMap(({ op, urn, oldState, newState, replaceReasons }) => {
    const ops = op === "replace" ? ["create-replacement", "replace", "delete-replaced"] : [op];
    return ops.map((each) => ({
      resourcePreEvent: {
        metadata: {
          op: each,
          urn,
          type: TYPE,
          old: oldState ?? null,
          new: each === "delete-replaced" ? null : (newState ?? null),
          ...(each !== "delete-replaced" && { keys: replaceReasons }),
        },
      },
    }));
  });
  const all = [
    { preludeEvent: { config: {} } },
    ...events,
    { summaryEvent: { resourceChanges: { same: 2 } } },
  ];
  return all.map((event, sequence) => JSON.stringify({ sequence, ...event })).join("\n");
}

describe("a preview", () => {
  it("is the same as one document and as an event a line", () => {
    const document = previewOf(SAMPLE);
    expect(makeReport(parsePreview(asEvents(document)))).toEqual(makeReport(parsePreview(document)));
  });

  it("is found behind what a tool wrote before it", () => {
    expect(parsePreview(`npm warn something\n${previewOf(SAMPLE)}`).steps).toHaveLength(SAMPLE.length);
    expect(parsePreview(`npm warn something\n${asEvents(previewOf(SAMPLE))}`).steps).toHaveLength(
      SAMPLE.length,
    );
  });

  it("passes other resources over", () => {
    const other = { op: "create", urn: "urn:x", newState: { type: "random:index:Id", inputs: {} } };
    expect(preview(other).steps).toEqual([]);
  });

  it("tells why it failed", () => {
    const diagnostics = [
      { severity: "warning", message: "warning: a risk" },
      { severity: "error", message: "error: wrong\u001b[31m input\n" },
    ];
    const failed = { steps: [], changeSummary: {}, diagnostics };
    expect(parsePreview(JSON.stringify(failed)).errors).toEqual(["error: wrong\ufffd[31m input"]);
    const events = diagnostics.map((diagnosticEvent, sequence) =>
      JSON.stringify({ sequence, diagnosticEvent }),
    );
    expect(parsePreview(events.join("\n")).errors).toHaveLength(1);
  });

  it("says whether unchanged resources are left out", () => {
    const of = (same: number) =>
      parsePreview(JSON.stringify({ steps: [step("same", {}, {})], changeSummary: { same } })).complete;
    expect([of(1), of(2)]).toEqual([true, false]);
  });

  it("names what changes in place, without the values", () => {
    const before = { inputs: { description: "a", connection: { token: "old" }, __provider: "x" } };
    const after = { inputs: { description: "b", connection: { token: SECRET_VALUE }, __provider: "y" } };
    const parsed = preview(step("update", before, after));
    expect(parsed.steps[0]?.reasons).toEqual(["connection", "description"]);
    expect(JSON.stringify(parsed)).not.toContain(SECRET_VALUE);
  });

  it("leaves open what is not known, or secret", () => {
    const permissions = ["read:orgs/acme/tasks", UNKNOWN, "[secret]"];
    const inputs = {
      org: UNKNOWN,
      user: "[secret]",
      description: { [WRAPPED]: "x", plaintext: SECRET_VALUE },
    };
    const parsed = preview(step("create", undefined, { inputs: { ...inputs, permissions } }));
    expect(parsed.steps[0]?.after).toMatchObject({
      org: OPEN,
      user: SECRET,
      description: SECRET,
      permissions: ["read:orgs/acme/tasks"],
      openPermissions: 2,
    });
    expect(JSON.stringify(parsed)).not.toContain(SECRET_VALUE);
    for (const whole of [UNKNOWN, "[secret]", { [WRAPPED]: "x" }]) {
      const { after } = preview(step("create", undefined, { inputs: { permissions: whole } })).steps[0] ?? {};
      expect(after).not.toHaveProperty("permissions");
    }
  });

  it("keeps what stays where an old half of a replacement is deleted too", () => {
    const parsed = preview(
      step("delete", { inputs: {} }, undefined),
      step("same", { inputs: {} }, { inputs: {} }),
    );
    expect(parsed.steps.map(({ action }) => action)).toEqual(["same"]);
    expect(preview(step("discard", {}, {})).steps).toEqual([]);
  });

  it.each(["", "nothing", "[]", "{}", "null", '{"deployment":{}}', '{"a":1}\n{"b":2}'])(
    "is not %j",
    (text) => {
      expect(thrownBy(() => parsePreview(text))).toBeInstanceOf(ReportInputError);
    },
  );

  it("that is a state says so", () => {
    expect(() => parsePreview('{"deployment":{}}')).toThrow("give --state");
  });
});

describe("a state", () => {
  const resource = (more: object = {}) => ({
    type: TYPE,
    urn: URN,
    inputs: { org: "acme", permissions: ["read:orgs/acme/tasks"], connection: { token: SECRET_VALUE } },
    outputs: {
      org: "acme",
      user: "admin",
      token: { [WRAPPED]: "x", plaintext: JSON.stringify(SECRET_VALUE) },
      effectivePermissions: ["read:orgs/00000000000000a1/tasks"],
    },
    ...more,
  });
  const state = (...resources: object[]) => parseState(JSON.stringify({ deployment: { resources } }));

  it("gives what was granted, and never a secret, even where it was exported with secrets shown", () => {
    const parsed = state(resource(), { type: "pulumi:pulumi:Stack", urn: "urn:x" });
    expect(JSON.stringify(parsed)).not.toContain(SECRET_VALUE);
    const report = makeReport(parsed);
    expect(report).toMatchObject({ source: "state", stack: "dev", project: "project", complete: true });
    expect(report.tokens).toHaveLength(1);
    expect(report.tokens[0]).toMatchObject({
      name: "ci",
      action: "same",
      owner: "admin",
      permissions: { kept: ["read:orgs/00000000000000a1/tasks"], added: [], removed: [] },
    });
  });

  it("gives what was declared where the server never answered", () => {
    const [token] = makeReport(state(resource({ outputs: {} }))).tokens;
    expect(token?.permissions.kept).toEqual(["read:orgs/acme/tasks"]);
  });

  it("tells of a token that an interrupted replacement left", () => {
    const { summary, tokens } = makeReport(state(resource(), resource({ delete: true })));
    expect(summary).toMatchObject({ same: 1, delete: 1 });
    expect(tokens[0]?.reasons).toEqual(["left by an interrupted replacement"]);
  });

  it.each(["", "{}", previewOf([])])("is not %j", (text) => {
    expect(thrownBy(() => parseState(text))).toBeInstanceOf(ReportInputError);
  });
});
