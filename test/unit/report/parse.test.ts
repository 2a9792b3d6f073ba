import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { makeReport } from "../../../report/model";
import { ReportInputError } from "../../../report/json";
import { parsePreview, parseState } from "../../../report/parse";
import { SECRET_TEXT, UNKNOWN_TEXT } from "../../../report/values";
import { summaryOf } from "../../../report/summary";
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
/** The tokens in the report of a preview. */
const reported = (...steps: object[]) => makeReport(preview(...steps)).tokens;

/** The same steps as events of the engine, which has three for a replacement. */
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
    { summaryEvent: { resourceChanges: { same: 2 }, isPreview: true, result: "succeeded" } },
  ];
  return all.map((event, sequence) => JSON.stringify({ sequence, ...event })).join("\n");
}

/** A stream of events, a line each. */
const eventsOf = (...events: object[]) =>
  parsePreview(events.map((event, sequence) => JSON.stringify({ sequence, ...event })).join("\n"));

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

  it("skips other resources", () => {
    const other = { op: "create", urn: "urn:x", newState: { type: "random:index:Id", inputs: {} } };
    expect(preview(other).steps).toEqual([]);
  });

  it("finds tokens within components, and without their states", () => {
    const urn = `urn:pulumi:dev::project::my:service:Service$my:part:Part$${TYPE}::ci`;
    const state = { inputs: { readTasks: true } };
    const [token] = reported({ op: "create", urn, newState: { type: TYPE, ...state } });
    expect(token).toMatchObject({ name: "ci", action: "create", risks: [] });
    expect(reported({ op: "update", urn })).toMatchObject([
      { action: "update", risks: [{ id: "unknown" }], permissions: { allUnknown: true } },
    ]);
  });

  it("says why it failed", () => {
    const diagnostics = [
      { severity: "warning", message: "warning: a risk" },
      { severity: "error", message: "error: wrong\u001b[31m input\n" },
    ];
    const failed = { steps: [], changeSummary: {}, diagnostics };
    expect(parsePreview(JSON.stringify(failed)).errors).toEqual(["error: wrong\ufffd[31m input"]);
    expect(eventsOf(...diagnostics.map((diagnosticEvent) => ({ diagnosticEvent }))).errors).toHaveLength(1);
    const corrupt = { steps: [step("same", {}, {})], changeSummary: {}, maybeCorrupt: true };
    expect(parsePreview(JSON.stringify(corrupt)).errors).toHaveLength(1);
  });

  it.each<[string, object]>([
    ["an error of the engine", { errorEvent: { error: "no" } }],
    ["a mandatory policy", { policyEvent: { enforcementLevel: "mandatory", policyName: "p", message: "m" } }],
    ["its result", { summaryEvent: { isPreview: true, result: "failed", resourceChanges: { create: 1 } } }],
    ["a cancellation", { summaryEvent: { isPreview: true, result: "canceled", resourceChanges: {} } }],
  ])("failed by %s", (_, event) => {
    expect(eventsOf(event).errors).toHaveLength(1);
    const advice = { policyEvent: { enforcementLevel: "advisory", policyName: "p", message: "m" } };
    const summaryEvent = { resourceChanges: { same: 1 }, isPreview: true };
    const same = { resourcePreEvent: { metadata: { op: "same", urn: "urn:x" } } };
    expect(eventsOf(same, advice, { summaryEvent }).errors).toEqual([]);
  });

  it("is whole, one, and a preview", () => {
    const document = previewOf(SAMPLE);
    const pretty = JSON.stringify(JSON.parse(document), undefined, 2);
    const stream = asEvents(document);
    const problems = (text: string): string => {
      const error = thrownBy(() => parsePreview(text));
      expect(error).toBeInstanceOf(ReportInputError);
      return (error as Error).message;
    };
    for (const two of [
      `${document}\n${document}`,
      pretty + pretty,
      `${document}\n${stream}`,
      stream + "\n" + stream,
    ])
      expect(problems(two)).toContain("more than one");
    for (const text of [document, pretty, stream]) {
      for (const part of [0.1, 0.5, 0.9, 0.999])
        expect(problems(text.slice(0, text.length * part))).toMatch(/cut off|did not end|not what/);
    }
    expect(problems(stream.split("\n").slice(0, -1).join("\n"))).toContain("did not end");
    expect(problems(JSON.stringify({ steps: [step("same", {}, {})] }))).toContain("did not end");
    expect(problems(JSON.stringify({ steps: [], changeSummary: {} }))).toContain("empty");
    expect(problems(stream.replace('"isPreview":true', '"isPreview":false'))).toContain("an update");
    expect(problems(`${document}\n{"deployment":{}}`)).toContain("give --state");
    // What a tool writes around it is passed over, and a name may hold braces and quotes.
    const braces = previewOf([{ name: 'a{"b', after: { readTasks: true, description: '\\"}{\n{' } }]);
    for (const text of [`npm warn {\n${braces}\ndone\n`, `\ufeff${braces}`])
      expect(parsePreview(text).steps).toHaveLength(1);
  });

  it("says whether unchanged resources are left out", () => {
    const of = (same: number) =>
      parsePreview(JSON.stringify({ steps: [step("same", {}, {})], changeSummary: { same } })).complete;
    expect([of(1), of(2)]).toEqual([true, false]);
    const creates = { steps: [step("create", undefined, {})], changeSummary: { create: 2 } };
    expect(parsePreview(JSON.stringify(creates)).complete).toBe(false);
  });

  it("names what changes in place, without the values", () => {
    const before = { inputs: { description: "a", connection: { token: "old" }, __provider: "x" } };
    const after = { inputs: { description: "b", connection: { token: SECRET_VALUE }, __provider: "y" } };
    const parsed = preview(step("update", before, after));
    expect(parsed.steps[0]?.reasons).toEqual(["connection", "description"]);
    expect(JSON.stringify(parsed)).not.toContain(SECRET_VALUE);
  });

  it("leaves open what is not known, or secret", () => {
    const inputs = {
      org: WIRE_UNKNOWN,
      user: "[secret]",
      description: { [WRAPPED]: "x", plaintext: SECRET_VALUE },
      readBucket: ["00000000000000c1", WIRE_UNKNOWN, "[secret]"],
      writeBucket: WIRE_UNKNOWN,
      readTasks: { [WRAPPED]: "x", plaintext: SECRET_VALUE },
      operator: "[secret]",
      acknowledge: { "operator-token": WIRE_UNKNOWN, "read-secrets": "why" },
    };
    const parsed = preview(step("create", undefined, { inputs }));
    const [token] = makeReport(parsed).tokens;
    expect(token).toMatchObject({
      org: UNKNOWN_TEXT,
      owner: SECRET_TEXT,
      description: SECRET_TEXT,
      permissions: {
        added: [`read:orgs/${UNKNOWN_TEXT}/buckets/00000000000000c1`],
        unknown: 2,
        unknownInputs: ["operator", "readTasks", "writeBucket", "org"],
      },
    });
    expect(token?.risks).toMatchObject([
      {
        id: "unknown",
        details: [
          "operator is not known",
          "readTasks is not known",
          "writeBucket is not known",
          "the reason for operator-token is not known",
        ],
      },
    ]);
    expect(JSON.stringify(parsed)).not.toContain(SECRET_VALUE);
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
    inputs: { org: "acme", readTasks: true, connection: { token: SECRET_VALUE } },
    outputs: {
      org: "acme",
      user: "admin",
      token: { [WRAPPED]: "x", plaintext: JSON.stringify(SECRET_VALUE) },
      orgId: "00000000000000a1",
      effectivePermissions: { "orgs/00000000000000a1/tasks": "read" },
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

  it("has a token that an interrupted replacement left", () => {
    const { summary, tokens } = makeReport(state(resource(), resource({ delete: true })));
    expect(summary).toMatchObject({ same: 1, delete: 1 });
    expect(tokens[0]?.reasons).toEqual(["left by an interrupted replacement"]);
  });

  it("has no token that the program only reads, not even one that an interrupted run left", () => {
    const read = { inputs: {}, outputs: {}, external: true };
    const resources = [resource(read), resource({ ...read, delete: true })];
    expect(makeReport(parseState(JSON.stringify({ deployment: { resources } }))).tokens).toEqual([]);
  });

  it("has the risks of every token that works: also of one that is to be deleted, or may have been made", () => {
    const operator = { inputs: { operator: true }, outputs: {} };
    const waiting = resource({ ...operator, pendingReplacement: true });
    const deployment = {
      resources: [resource({ ...operator, delete: true }), waiting],
      pending_operations: [
        { type: "creating", resource: resource({ ...operator, urn: `${URN}-2` }) },
        { type: "deleting", resource: resource() },
      ],
    };
    const report = makeReport(parseState(JSON.stringify({ deployment })));
    expect(summaryOf(report)).toBe(
      "0 InfluxDB tokens in the state, 1 left by an interrupted replacement, 1 that an interrupted run may have made. 2 open risks",
    );
    expect(report.tokens.map(({ action, risks }) => [action, risks[0]?.id])).toEqual([
      ["create", "operator-token"],
      ["delete", "operator-token"],
    ]);
  });

  it("has the risks of what the server granted, where a refresh found other permissions than were made", () => {
    const found = [
      { action: "read", resource: { type: "secrets", orgID: "00000000000000a1" } },
      { action: "read", resource: { type: "tasks" } },
      { action: "read", resource: { type: "orgs", id: "00000000000000a1" } },
    ];
    const effectivePermissions = {
      "/tasks": "read",
      "/orgs/00000000000000a1": "read",
      "orgs/00000000000000a1/secrets": "read",
    };
    const outputs = { orgId: "00000000000000a1", __granted: found, effectivePermissions };
    const [token] = makeReport(state(resource({ inputs: { org: "acme" }, outputs }))).tokens;
    expect(token?.risks.map(({ id }) => id)).toEqual(["operator-token"]);
    expect(token?.lines.map(({ permission }) => permission?.resource.type)).toEqual([
      "orgs",
      "tasks",
      "secrets",
    ]);
    const bare = resource({
      inputs: { org: "acme" },
      outputs: { orgId: "00000000000000a1", effectivePermissions },
    });
    expect(makeReport(state(bare)).tokens[0]?.risks).toMatchObject([
      { id: "unknown", details: ["its permissions are not told"] },
    ]);
  });

  it("compares ids, and leaves out a permission that it cannot read", () => {
    const found = [
      { action: "write", resource: { type: "users", id: "00000000000000b1" } },
      { action: "read", resource: { type: "buckets", id: "00000000000000c1", orgID: "00000000000000a2" } },
    ];
    const effectivePermissions = {
      "/users/00000000000000b1": "write",
      "orgs/00000000000000a2/buckets/00000000000000c1": "read",
      odd: 5,
    };
    const outputs = {
      orgId: "00000000000000a1",
      userId: "00000000000000b1",
      __granted: found,
      effectivePermissions,
    };
    const [token] = makeReport(state(resource({ outputs }))).tokens;
    expect(token?.lines.map(({ text, permission }) => [text, permission?.resource.type])).toEqual([
      ["read:orgs/00000000000000a2/buckets/00000000000000c1", "buckets"],
      ["write:/users/00000000000000b1", "users"],
    ]);
  });

  it("with an encrypted table of what was granted, gives what was declared", () => {
    const outputs = { effectivePermissions: { [WRAPPED]: "x", ciphertext: "v1:abc" } };
    const [token] = makeReport(state(resource({ outputs }))).tokens;
    expect(token?.permissions.kept).toEqual(["read:orgs/acme/tasks"]);
  });

  it("is whole, and one", () => {
    const text = JSON.stringify({ deployment: { resources: [resource()] } }, undefined, 2);
    expect(thrownBy(() => parseState(text + text))).toBeInstanceOf(ReportInputError);
    expect(thrownBy(() => parseState(text.slice(0, -20)))).toBeInstanceOf(ReportInputError);
  });

  it.each(["", "{}", previewOf([])])("is not %j", (text) => {
    expect(thrownBy(() => parseState(text))).toBeInstanceOf(ReportInputError);
  });
});
