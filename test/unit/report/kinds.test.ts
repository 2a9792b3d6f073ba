import { SECRET_KEY, WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import {
  DYNAMIC_ROTATING_TOKEN,
  DYNAMIC_TOKEN,
  NATIVE_ROTATING_TOKEN,
  NATIVE_TOKEN,
  TOKEN_KINDS,
  type TokenKind,
} from "../../../provider/tokenTypes";
import { failing, makeReport, type ReportedToken } from "../../../report/model";
import { type Parsed, parsePreview, parseState } from "../../../report/parse";

type Values = Readonly<Record<string, unknown>>;

/** A side of a step as both kinds have it: what is declared and checked, and what only outputs say. */
interface Side {
  readonly inputs: Values;
  readonly outputs?: Values;
  readonly id?: string;
  readonly [option: string]: unknown;
}

const HOST = "http://localhost:8086";
const TASKS = { org: "acme", readTasks: true, permissions: { "orgs/acme/tasks": "read" }, host: HOST };
const SECRETS = { org: "acme", readSecrets: true, permissions: { "orgs/acme/secrets": "read" }, host: HOST };
const MADE = {
  orgId: "00000000000000a1",
  user: "admin",
  userId: "00000000000000b1",
  status: "active",
  effectivePermissions: { "orgs/00000000000000a1/tasks": "read" },
  authorizationId: "00000000000000c1",
};

/** As each kind writes it: a dynamic resource repeats its inputs among the outputs. */
function resourceOf({ type, repeatsInputs }: TokenKind, { inputs, outputs, ...options }: Side): object {
  const written = outputs && (repeatsInputs ? { ...inputs, ...outputs } : { ...outputs, host: HOST });
  const own = repeatsInputs ? { __provider: "exports.handler" } : {};
  return {
    type,
    custom: true,
    id: "00000000000000d1",
    inputs: { ...inputs, ...own },
    outputs: written,
    ...options,
  };
}

const urnOf = (type: string, name = "ci"): string => `urn:pulumi:dev::acme::${type}::${name}`;

function stepOf(kind: TokenKind, op: string, before?: Side, after?: Side, more: object = {}): object {
  return {
    op,
    urn: urnOf(kind.type),
    ...(before && { oldState: resourceOf(kind, { outputs: MADE, ...before }) }),
    ...(after && { newState: resourceOf(kind, after) }),
    ...more,
  };
}

const parsed = (steps: readonly object[]): Parsed =>
  parsePreview(JSON.stringify({ steps, changeSummary: {} }));

function without(values: Values, ...names: string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

/** The tokens without the URN, which names the type. */
function tokensOf(result: Parsed): object[] {
  return makeReport(result).tokens.map((token) => without({ ...token }, "urn"));
}

type Case = readonly [op: string, before: Side | undefined, after: Side | undefined, more?: object];

/** Both kinds say the same of a change. Gives what they say. */
function same(
  dynamic: TokenKind,
  native: TokenKind,
  ...[op, before, after, more]: Case
): Partial<ReportedToken>[] {
  const [expected, found] = [dynamic, native].map((kind) =>
    tokensOf(parsed([stepOf(kind, op, before, after, more)])),
  );
  expect(found).toEqual(expected);
  return found as Partial<ReportedToken>[];
}

describe("a native token in the report", () => {
  const both = (...given: Case) => same(DYNAMIC_TOKEN, NATIVE_TOKEN, ...given)[0];
  /** What a native preview has among the new outputs, and a dynamic one has not. */
  const planned = { ...MADE, orgId: WIRE_UNKNOWN, user: WIRE_UNKNOWN, userId: WIRE_UNKNOWN, description: "" };

  it("is what the dynamic one is, whatever happens to it", () => {
    const risky = [expect.objectContaining({ id: "read-secrets" })];
    expect(both("create", undefined, { inputs: SECRETS })).toMatchObject({ action: "create", risks: risky });
    expect(
      both("replace", { inputs: TASKS }, { inputs: SECRETS }, { replaceReasons: ["permissions"] }),
    ).toMatchObject({
      action: "replace",
      reasons: ["permissions"],
      permissions: { added: ["read:orgs/acme/secrets"], removed: ["read:orgs/acme/tasks"] },
    });
    const described = { ...TASKS, description: "new" };
    expect(both("update", { inputs: TASKS }, { inputs: described })).toMatchObject({
      action: "update",
      reasons: ["description"],
      owner: "admin",
    });
    expect(both("same", { inputs: TASKS }, { inputs: TASKS })).toMatchObject({ action: "same", risks: [] });
    expect(both("delete", { inputs: SECRETS }, undefined)).toMatchObject({ action: "delete", risks: [] });
    const moved = { ...TASKS, host: "http://localhost:9999" };
    expect(both("update", { inputs: TASKS }, { inputs: moved })).toMatchObject({
      reasons: ["host"],
      host: "http://localhost:9999",
      previousHost: HOST,
    });
    const accepted = { ...SECRETS, acknowledge: { "read-secrets": "why", "system-bucket": "none" } };
    expect(both("update", { inputs: SECRETS }, { inputs: accepted })).toMatchObject({
      reasons: ["acknowledge"],
      risks: [{ acknowledged: "why" }],
      unusedAcknowledgements: ["system-bucket"],
    });
    const due = { ...MADE, rotateAt: "2026-03-01T00:00:00Z" };
    expect(
      both("replace", { inputs: TASKS, outputs: due }, { inputs: TASKS }, { replaceReasons: ["rotateAt"] }),
    ).toMatchObject({ reasons: ["due since 2026-03-01T00:00:00Z"] });
    expect(both("create", undefined, { inputs: { ...TASKS, adopt: "00000000000000d1" } })).toMatchObject({
      action: "adopt",
      adopts: "00000000000000d1",
    });
  });

  it("is not named by outputs of its preview that nobody knows yet", () => {
    const unnamed = { readTasks: true, permissions: { "orgs/acme/tasks": "read" }, host: HOST };
    const steps = (outputs?: Values) =>
      tokensOf(
        parsed([
          stepOf(
            NATIVE_TOKEN,
            "replace",
            { inputs: unnamed, outputs: { ...MADE, org: "acme" } },
            { inputs: unnamed, ...(outputs && { outputs }) },
            { replaceReasons: ["keepers"] },
          ),
        ]),
      );
    expect(steps(planned)).toEqual(steps());
    expect(steps(planned)).toMatchObject([{ org: "acme", owner: "me", description: "" }]);
  });

  it("is left behind, switched off, where its inputs say so", () => {
    const inputs = { ...SECRETS, deactivateOnDelete: true };
    expect(both("delete", { inputs }, undefined)).toMatchObject({
      action: "leave",
      reasons: ["deactivateOnDelete"],
      status: "inactive",
      risks: [{ id: "read-secrets" }],
    });
    const hidden = { ...SECRETS, deactivateOnDelete: "[secret]" };
    expect(both("delete", { inputs: hidden }, undefined)).toMatchObject({ action: "leave" });
  });

  it("has what a refresh found, where changes are ignored", () => {
    const inputs = without({ ...TASKS, permissions: { "/buckets": "read" } }, "readTasks");
    const __granted = [{ action: "read", resource: { type: "buckets" } }];
    const outputs = { ...MADE, __granted };
    expect(both("same", { inputs, outputs }, { inputs, outputs })).toMatchObject({
      risks: [{ id: "operator-token" }],
    });
    expect(both("update", { inputs, outputs }, { inputs: { ...inputs, description: "x" } })).toMatchObject({
      risks: [{ id: "operator-token" }],
    });
    // Beside inputs that ask for permissions it is what they grant, in other words.
    expect(both("same", { inputs: TASKS, outputs }, { inputs: TASKS, outputs })).toMatchObject({ risks: [] });
    const wrapped = { ...MADE, __granted: { [SECRET_KEY]: "1b47061264138c4ac30d75fd1eb44270" } };
    expect(both("same", { inputs, outputs: wrapped }, { inputs, outputs: wrapped })).toMatchObject({
      risks: [{ id: "unknown" }],
    });
  });

  it.each([
    ["[secret]"],
    [{ [SECRET_KEY]: "1b47061264138c4ac30d75fd1eb44270", value: true }],
    [WIRE_UNKNOWN],
  ])("is open where a flag is %j", (value) => {
    const inputs = { ...TASKS, readSecrets: value, permissions: value };
    expect(both("create", undefined, { inputs })).toMatchObject({
      risks: [{ id: "unknown", details: ["readSecrets is not known"] }],
    });
  });

  it("is open where its provider is not known, so that nobody checked it", () => {
    const unchecked = without(TASKS, "permissions", "host");
    const gate = (op: string, before: Side | undefined, inputs: Values) => {
      const report = makeReport(parsed([stepOf(NATIVE_TOKEN, op, before, { inputs })]));
      return [report.tokens[0]?.reasons, failing(report, ["read-secrets"]).map(({ risk }) => risk)];
    };
    expect(gate("create", undefined, unchecked)).toEqual([[], ["unknown"]]);
    // What a class gives before a check is no check's.
    expect(gate("create", undefined, { ...unchecked, permissions: "(computed)" })).toEqual([[], ["unknown"]]);
    expect(gate("update", { inputs: TASKS }, unchecked)).toEqual([[], ["unknown"]]);
    expect(gate("replace", { inputs: TASKS }, unchecked)[1]).toEqual(["unknown"]);
    expect(gate("create", undefined, { ...unchecked, permissions: WIRE_UNKNOWN })[1]).toEqual([]);
    // An import has not checked either, and stays as it is.
    expect(gate("same", { inputs: unchecked }, unchecked)).toEqual([[], []]);
  });

  it("is no change after an import because a check adds to its inputs", () => {
    const imported = without(TASKS, "permissions", "host");
    const step = stepOf(
      NATIVE_TOKEN,
      "update",
      { inputs: imported },
      { inputs: { ...TASKS, description: "a" } },
    );
    expect(tokensOf(parsed([step]))).toMatchObject([{ action: "update", reasons: ["description"] }]);
  });

  describe("that is imported", () => {
    // The engine tells of it before it looks at the token, and checks afterwards.
    const asked = without(SECRETS, "permissions", "host");
    const importing = stepOf(NATIVE_TOKEN, "import", undefined, {
      inputs: asked,
      id: "",
      importID: "00000000000000d1",
    });
    const found = { inputs: asked, outputs: { ...MADE, org: "acme", host: HOST } };

    it("is taken over with the permissions that it has", () => {
      const taken = {
        action: "adopt",
        adopts: "00000000000000d1",
        owner: "admin",
        permissions: { added: [], removed: [], kept: ["read:orgs/acme/secrets"] },
        risks: [{ id: "read-secrets" }],
      };
      const same = stepOf(NATIVE_TOKEN, "same", found, { inputs: SECRETS });
      expect(tokensOf(parsed([importing, same]))).toMatchObject([{ ...taken, reasons: [] }]);
      const described = stepOf(NATIVE_TOKEN, "update", found, { inputs: { ...SECRETS, description: "x" } });
      expect(tokensOf(parsed([importing, described]))).toMatchObject([
        { ...taken, reasons: ["description"] },
      ]);
    });

    it("has what is found, where differences are ignored", () => {
      const wide = { ...found, inputs: { org: "acme", operator: true } };
      const ignored = stepOf(NATIVE_TOKEN, "same", wide, { inputs: { ...wide.inputs, permissions: {} } });
      expect(tokensOf(parsed([importing, ignored]))).toMatchObject([{ risks: [{ id: "operator-token" }] }]);
    });

    it("is taken over as it is, where nothing follows: the engine compares it before it says no more", () => {
      expect(tokensOf(parsed([importing]))).toMatchObject([
        {
          action: "adopt",
          reasons: [],
          adopts: "00000000000000d1",
          permissions: { added: [], kept: ["read:orgs/acme/secrets"] },
          risks: [{ id: "read-secrets" }],
        },
      ]);
      const { newState: shown } = importing as { newState: object };
      const ignoring = { ...importing, newState: { ...shown, ignoreChanges: ["readTasks"] } };
      expect(tokensOf(parsed([ignoring]))).toMatchObject([
        { action: "adopt", risks: [{ id: "unknown" }, { id: "read-secrets" }] },
      ]);
    });

    it("has in a stream of events what is told after it, and is open without that", () => {
      const metadata = (before: object | null, after: object) => ({
        metadata: { op: "import", urn: urnOf(NATIVE_TOKEN.type), old: before, new: after },
      });
      const asks = resourceOf(NATIVE_TOKEN, { inputs: { org: "acme", readTasks: true }, id: "" });
      const has = resourceOf(NATIVE_TOKEN, found);
      const stream = (...events: object[]) =>
        tokensOf(
          parsePreview(
            [...events, { summaryEvent: { resourceChanges: { import: 1 } } }]
              .map((event, sequence) => JSON.stringify({ sequence, ...event }))
              .join("\n"),
          ),
        );
      const asked = { resourcePreEvent: metadata(null, asks) };
      expect(stream(asked, { resOutputsEvent: metadata(has, has) })).toMatchObject([
        {
          action: "adopt",
          adopts: "00000000000000d1",
          owner: "admin",
          host: HOST,
          permissions: { added: [], removed: [], kept: ["read:orgs/acme/secrets"] },
          risks: [{ id: "read-secrets" }],
        },
      ]);
      expect(stream(asked)).toMatchObject([{ action: "adopt", risks: [{ id: "unknown" }] }]);
    });

    it("is replaced where it cannot become what is asked for", () => {
      const replaced = stepOf(
        NATIVE_TOKEN,
        "replace",
        found,
        { inputs: TASKS },
        { replaceReasons: ["permissions"] },
      );
      const [token] = tokensOf(parsed([importing, replaced]));
      expect(token).toMatchObject({ action: "replace", reasons: ["permissions"] });
      expect(token).not.toHaveProperty("adopts");
    });

    it("is open where its provider is not known", () => {
      const unknown = stepOf(NATIVE_TOKEN, "update", { inputs: {}, outputs: {} }, { inputs: asked });
      expect(tokensOf(parsed([importing, unknown]))).toMatchObject([
        { action: "adopt", risks: [{ id: "unknown" }, { id: "read-secrets" }] },
      ]);
    });
  });

  it("says what changes although it is a secret, for its provider tells", () => {
    const inputs = { ...TASKS, description: "[secret]", keepers: { period: "[secret]" } };
    const told = (kind: TokenKind, more: object) =>
      tokensOf(parsed([stepOf(kind, "update", { inputs }, { inputs }, more)]));
    expect(told(NATIVE_TOKEN, { diffReasons: ["description"] })).toMatchObject([
      { reasons: ["description"] },
    ]);
    expect(told(NATIVE_ROTATING_TOKEN, { diffReasons: ["keepers"] })).toMatchObject([
      { action: "rotate", reasons: ["keepers"] },
    ]);
    expect(told(NATIVE_ROTATING_TOKEN, { diffs: ["keepers"] })).toMatchObject([{ action: "rotate" }]);
    expect(told(DYNAMIC_TOKEN, {})).toMatchObject([{ action: "update", reasons: [] }]);
  });

  it("rotates for what the dynamic one rotates for", () => {
    const rotating = (...given: Case) => same(DYNAMIC_ROTATING_TOKEN, NATIVE_ROTATING_TOKEN, ...given)[0];
    const past = { ...MADE, rotateAt: "2020-01-01T00:00:00Z" };
    const weekly = { ...TASKS, rotateAfter: "7d" };
    const described = { ...weekly, description: "x" };
    expect(rotating("update", { inputs: weekly, outputs: past }, { inputs: described })).toMatchObject({
      action: "rotate",
      reasons: ["due since 2020-01-01T00:00:00Z"],
    });
    // Another time counts from the next run on.
    expect(
      rotating("update", { inputs: weekly, outputs: past }, { inputs: { ...TASKS, rotateAfter: "9w" } }),
    ).toMatchObject({ action: "update", reasons: ["rotateAfter"] });
    expect(rotating("update", { inputs: TASKS }, { inputs: { ...TASKS, generation: 2 } })).toMatchObject({
      action: "rotate",
      reasons: ["generation"],
    });
    expect(rotating("update", { inputs: TASKS }, { inputs: SECRETS })).toMatchObject({ action: "rotate" });
    const gone = { ...MADE, authorizationId: undefined };
    expect(rotating("update", { inputs: TASKS, outputs: gone }, { inputs: described })).toMatchObject({
      action: "rotate",
    });
    const orphan = { ...MADE, __missing: "owner" };
    expect(rotating("update", { inputs: TASKS, outputs: orphan }, { inputs: TASKS })).toMatchObject({
      reasons: ["its owner was deleted"],
    });
    expect(rotating("same", { inputs: TASKS }, { inputs: TASKS })).toMatchObject({ action: "same" });
  });
});

it("a move from the dynamic resource to the native one is no new token", () => {
  const move = (op: string, inputs: Values) =>
    tokensOf(
      parsed([
        {
          op,
          urn: urnOf(NATIVE_TOKEN.type),
          oldState: resourceOf(DYNAMIC_TOKEN, {
            inputs: SECRETS,
            outputs: MADE,
            urn: urnOf(DYNAMIC_TOKEN.type),
          }),
          newState: resourceOf(NATIVE_TOKEN, { inputs, outputs: MADE }),
        },
      ]),
    );
  expect(move("same", SECRETS)).toMatchObject([
    {
      action: "same",
      reasons: [],
      permissions: { kept: ["read:orgs/acme/secrets"], added: [], removed: [] },
    },
  ]);
  expect(move("update", { ...SECRETS, description: "x" })).toMatchObject([
    { action: "update", reasons: ["description"], risks: [{ id: "read-secrets" }] },
  ]);
  // Until the next change its state still repeats its inputs.
  const fat = { ...MADE, ...SECRETS, deactivateOnDelete: true };
  expect(tokensOf(parsed([stepOf(NATIVE_TOKEN, "delete", { inputs: SECRETS, outputs: fat })]))).toMatchObject(
    [{ action: "leave" }],
  );
});

describe("a stack with every kind", () => {
  const KINDS = [...TOKEN_KINDS];

  it("shows each, in previews and in the state", () => {
    const steps = KINDS.map((kind, n) => ({
      ...stepOf(kind, "same", { inputs: SECRETS }, { inputs: SECRETS }),
      urn: urnOf(kind.type, `t${n}`),
    }));
    const provider = { type: "pulumi:providers:influx-token", inputs: { host: HOST } };
    const others = [{ op: "same", urn: urnOf(provider.type), oldState: provider, newState: provider }];
    const resources = KINDS.map((kind, n) => ({
      ...resourceOf(kind, { inputs: SECRETS, outputs: MADE }),
      urn: urnOf(kind.type, `t${n}`),
    }));
    const state = JSON.stringify({
      deployment: { resources: [{ ...provider, urn: urnOf(provider.type) }, ...resources] },
    });
    for (const result of [parsed([...others, ...steps]), parseState(state)]) {
      const report = makeReport(result);
      expect(report.tokens.map(({ name, host }) => [name, host])).toEqual(
        KINDS.map((_, n) => [`t${n}`, HOST]),
      );
      expect(failing(report, ["read-secrets"])).toHaveLength(KINDS.length);
    }
  });

  it.each([
    "influx-token:index:TokenSet",
    "influx-token:index/token:Token",
    "influx-token:index:token",
    "pulumi-nodejs:dynamic/influxdb:Token",
  ])("does not pass %s, which it does not know", (type) => {
    const kind: TokenKind = { type, isRotating: false, repeatsInputs: false };
    const state = {
      deployment: {
        resources: [{ ...resourceOf(kind, { inputs: TASKS, outputs: MADE }), urn: urnOf(type) }],
      },
    };
    const results = [
      parsed([stepOf(kind, "create", undefined, { inputs: TASKS })]),
      parsed([stepOf(kind, "same", { inputs: TASKS }, { inputs: TASKS })]),
      parseState(JSON.stringify(state)),
    ];
    for (const result of results) {
      const report = makeReport(result);
      expect(failing(report, ["read-secrets"])).toEqual([{ token: "ci", risk: "unknown" }]);
      expect(report.tokens[0]?.risks[0]?.details).toEqual([`it does not know the resource type "${type}"`]);
    }
    expect(makeReport(parsed([stepOf(kind, "delete", { inputs: TASKS })])).tokens).toMatchObject([
      { risks: [] },
    ]);
  });
});
