import { SECRET_KEY } from "../../../provider/pulumiHost/wireValues";
import { makeReport, type ReportedToken } from "../../../report/model";
import { parsePreview } from "../../../report/parse";

const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";
const URN = `urn:pulumi:dev::project::${TYPE}::ci`;
const SECRETS = { org: "acme", readSecrets: true };
const TASKS = { org: "acme", readTasks: true };

interface SampleState {
  readonly inputs?: object;
  readonly outputs?: object;
  readonly [option: string]: unknown;
}

const stateOf = (given: SampleState): object => ({
  type: TYPE,
  custom: true,
  id: "00000000000000d1",
  outputs: {},
  ...given,
});

/** One step of the engine, of one token. */
function step(op: string, before?: SampleState, after?: SampleState, more: object = {}): object {
  return {
    op,
    urn: URN,
    ...(before && { oldState: stateOf(before) }),
    ...(after && { newState: stateOf(after) }),
    ...more,
  };
}

/** The tokens in the report of the steps, which is the same for a document and for events. */
function reportOf(...steps: { op?: string; urn?: string }[]): readonly ReportedToken[] {
  const document = JSON.stringify({ steps, changeSummary: {} });
  const events = steps.map((each) => {
    const { oldState = null, newState = null, ...rest } = each as Record<string, unknown>;
    return {
      resourcePreEvent: {
        metadata: { ...rest, ...(each.urn === URN && { type: TYPE }), old: oldState, new: newState },
      },
    };
  });
  const stream = [...events, { summaryEvent: { resourceChanges: {}, isPreview: true } }]
    .map((event, sequence) => JSON.stringify({ sequence, ...event }))
    .join("\n");
  const { tokens } = makeReport(parsePreview(document));
  expect(makeReport(parsePreview(stream)).tokens).toEqual(tokens);
  return tokens;
}

const outline = (tokens: readonly ReportedToken[]) =>
  tokens.map(({ action, reasons, risks }) => [action, reasons.join(), risks.map(({ id }) => id).join()]);

it("says why a rotating token rotates, which to the engine is an update", () => {
  const type = "pulumi-nodejs:dynamic/influxdb:RotatingInfluxToken";
  const at = (rotateAt: string, more: object = {}): object => ({ rotateAt, authorizationId: "d1", ...more });
  const action = (before: SampleState, after: object): unknown[] => {
    const states = {
      oldState: { ...stateOf(before), type },
      newState: { ...stateOf({ inputs: after }), type },
    };
    const urn = `urn:pulumi:dev::project::${type}::ci`;
    const steps = [{ op: "update", urn, ...states }];
    const { tokens } = makeReport(parsePreview(JSON.stringify({ steps, changeSummary: {} })));
    return [tokens[0]?.action, tokens[0]?.reasons];
  };
  const past = at("2020-01-01T00:00:00Z");
  const future = at("2999-01-01T00:00:00Z");
  expect(action({ inputs: TASKS, outputs: past }, TASKS)).toEqual([
    "rotate",
    ["due since 2020-01-01T00:00:00Z"],
  ]);
  expect(action({ inputs: TASKS, outputs: past }, { ...TASKS, rotateAfter: "9w" })).toEqual([
    "update",
    ["rotateAfter"],
  ]);
  expect(action({ inputs: TASKS, outputs: future }, { ...TASKS, generation: 2 })).toEqual([
    "rotate",
    ["generation"],
  ]);
  expect(action({ inputs: TASKS, outputs: future }, { ...TASKS, description: "a" })).toEqual([
    "update",
    ["description"],
  ]);
  expect(action({ inputs: TASKS, outputs: {} }, TASKS)).toEqual(["rotate", ["the newest token is gone"]]);
  // The same time in another form is no other time: it is due all the same.
  const daily = { ...TASKS, rotateAfter: "24h" };
  expect(action({ inputs: daily, outputs: { ...past, ...daily } }, { ...TASKS, rotateAfter: "1d" })).toEqual([
    "rotate",
    ["due since 2020-01-01T00:00:00Z"],
  ]);
  expect(action({ inputs: TASKS, outputs: { ...future, __missing: "owner" } }, TASKS)).toEqual([
    "rotate",
    ["its owner was deleted"],
  ]);
  expect(action({ inputs: TASKS, outputs: { ...future, __unusable: true } }, TASKS)).toEqual([
    "rotate",
    ["the newest token is not as asked for"],
  ]);
});

it("says since when a token is due that is replaced for it", () => {
  const outputs = { rotateAt: "2026-03-01T00:00:00.000Z" };
  const tokens = (before: object): readonly ReportedToken[] =>
    reportOf(
      step(
        "replace",
        { inputs: TASKS, outputs: before },
        { inputs: TASKS },
        { replaceReasons: ["keepers", "rotateAt"] },
      ),
    );
  expect(outline(tokens(outputs))).toEqual([["replace", "keepers,due since 2026-03-01T00:00:00.000Z", ""]]);
  expect(outline(tokens({}))).toEqual([["replace", "keepers,rotateAt", ""]]);
});

it("judges each input by itself where they cannot be combined, and takes what it cannot read for not known", () => {
  const tokenOf = (inputs: object, outputs: object = {}) => {
    const resource = { type: "pulumi-nodejs:dynamic/influxdb:InfluxToken", inputs, outputs };
    const step = { op: "create", urn: "urn:pulumi:dev::p::pulumi-nodejs:dynamic/influxdb:InfluxToken::a" };
    const steps = [{ ...step, newState: resource }];
    const preview = { steps, changeSummary: { create: 1 } };
    return makeReport(parsePreview(JSON.stringify(preview))).tokens[0]?.risks.map(({ id }) => id);
  };
  const open = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  expect(tokenOf({ org: "acme", operator: true, readTasks: true, writeBucket: [open] })).toContain(
    "operator-token",
  );
  const granted = [{ action: "read", resource: { type: "tasks" } }];
  expect(tokenOf({ org: "acme" }, { __granted: granted })).not.toContain("unknown");
  expect(tokenOf({ org: "acme" }, { __granted: [...granted, { action: "own", resource: {} }] })).toContain(
    "unknown",
  );
});

describe("the steps of the engine", () => {
  it.each<[string, string]>([
    ["create", "create"],
    ["import", "adopt"],
    ["update", "update"],
    ["same", "same"],
    ["replace", "replace"],
    ["create-replacement", "replace"],
    ["import-replacement", "replace"],
  ])("%s leave a token that is known", (op, action) => {
    expect(reportOf(step(op, { inputs: SECRETS }, { inputs: SECRETS }))).toMatchObject([
      { action, risks: [{ id: "read-secrets" }] },
    ]);
  });

  it.each(["adopt", "", "Create", "create ", "deleted"])("%j is not known, so that nothing is", (op) => {
    const tokens = reportOf(step(op, { inputs: TASKS }, { inputs: TASKS }));
    expect(tokens).toMatchObject([{ action: "unknown", risks: [{ id: "unknown", severity: "critical" }] }]);
    expect(tokens[0]?.risks[0]?.details?.[0]).toContain(JSON.stringify(op));
    const beside = reportOf(step("same", { inputs: TASKS }, { inputs: TASKS }), step(op));
    expect(beside).toMatchObject([{ action: "same", risks: [{ id: "unknown" }] }]);
  });

  it.each(["create", "update", "same", "replace"])("%s without what comes, is not known", (op) => {
    expect(reportOf(step(op, { inputs: TASKS }))).toMatchObject([
      { action: op, risks: [{ id: "unknown", details: ["the preview does not say what it will be"] }] },
    ]);
  });

  it("without an op is not known either", () => {
    expect(reportOf({ urn: URN })).toMatchObject([{ action: "unknown", risks: [{ id: "unknown" }] }]);
  });

  it.each(["refresh", "diff"])("%s says nothing of what becomes of a token", (op) => {
    const compared = step(op, { inputs: TASKS }, { inputs: TASKS });
    expect(reportOf(compared)).toMatchObject([{ action: "unknown", risks: [{ id: "unknown" }] }]);
    expect(reportOf(compared, step("same", { inputs: TASKS }, { inputs: TASKS }))).toMatchObject([
      { action: "same", risks: [] },
    ]);
  });

  it("a refresh reports its finding first: what is planned counts", () => {
    const found = step("update", { inputs: TASKS }, { inputs: TASKS, outputs: { status: "inactive" } });
    expect(outline(reportOf(found, step("delete", { inputs: TASKS })))).toEqual([["delete", "", ""]]);
    const wider = step(
      "replace",
      { inputs: TASKS },
      { inputs: SECRETS },
      { replaceReasons: ["permissions"], keys: ["permissions"] },
    );
    expect(outline(reportOf(found, wider))).toEqual([["replace", "permissions", "read-secrets"]]);
    const gone = step("delete", { inputs: TASKS });
    expect(outline(reportOf(gone, step("create", undefined, { inputs: SECRETS })))).toEqual([
      ["create", "", "read-secrets"],
    ]);
  });

  it("of what is deleted as a half only, leave the token", () => {
    const same = step("same", { inputs: SECRETS }, { inputs: SECRETS });
    for (const steps of [
      [step("delete", { inputs: TASKS }), same],
      [same, step("delete", { inputs: TASKS })],
    ])
      expect(outline(reportOf(...steps))).toEqual([["same", "", "read-secrets"]]);
    const left = step("delete-replaced", { inputs: TASKS, delete: true, id: "00000000000000d0" });
    const replaced = { inputs: TASKS, delete: true };
    const replace = step("replace", replaced, { inputs: SECRETS }, { keys: ["permissions"] });
    expect(outline(reportOf(replace, left, step("delete-replaced", replaced)))).toEqual([
      ["replace", "permissions", "read-secrets"],
      ["delete", "left by an interrupted replacement", ""],
    ]);
    expect(outline(reportOf(left))).toEqual([["delete", "left by an interrupted replacement", ""]]);
    expect(outline(reportOf(same, left))).toEqual([
      ["delete", "left by an interrupted replacement", ""],
      ["same", "", "read-secrets"],
    ]);
  });

  it("that remove from the state what was deleted before, are of no token", () => {
    expect(reportOf(step("remove-pending-replace", { inputs: SECRETS, pendingReplacement: true }))).toEqual(
      [],
    );
  });

  it("skip a new token that is no target: it is not there, whatever the engine says", () => {
    const skipped = { id: "", inputs: SECRETS };
    expect(outline(reportOf(step("same", skipped, skipped)))).toEqual([
      ["skip", "no target of this run", "read-secrets"],
    ]);
  });
});

describe("a token that the program only reads", () => {
  const read = { inputs: {}, external: true };
  const own = { inputs: SECRETS };
  const [old, now] = [
    { ...own, id: "00000000000000a1" },
    { ...read, id: "00000000000000b1" },
  ];

  it.each<[string, object[]]>([
    ["at first", [step("read", undefined, read)]],
    ["again", [step("read", read, read)]],
    ["after a refresh", [step("refresh", read, read), step("read", read, read)]],
    ["no more", [step("discard", read)]],
    ["no more, after something replaced it", [step("discard-replaced", read)]],
  ])("is none of the stack's: %s", (_, steps) => {
    expect(reportOf(...steps)).toEqual([]);
  });

  it("gives way to one of the stack's own, which is made", () => {
    const steps = ["create-replacement", "replace"].map((op) => step(op, read, own));
    expect(outline(reportOf(...steps, step("discard-replaced", read)))).toEqual([
      ["create", "", "read-secrets"],
    ]);
    expect(reportOf(step("create-replacement", read, own))[0]?.permissions).toMatchObject({
      added: ["read:orgs/acme/secrets"],
      kept: [],
    });
  });

  it("comes after one of the stack's own, which is deleted, and once", () => {
    const steps = ["read-replacement", "replace"].map((op) => step(op, old, now));
    const deletion = step("delete-replaced", { ...old, delete: true });
    expect(outline(reportOf(...steps, deletion))).toEqual([["delete", "", ""]]);
    const kept = { ...old, retainOnDelete: true };
    expect(outline(reportOf(step("read-replacement", kept, now), step("replace", kept, now)))).toEqual([
      ["leave", "retainOnDelete", "read-secrets"],
    ]);
    const before = step("delete-replaced", { ...old, id: "00000000000000c1", delete: true });
    expect(outline(reportOf(...steps, before)).map(([action]) => action)).toEqual(["delete", "delete"]);
  });

  it("hides nothing that an engine may say one day of one that is the stack's own", () => {
    for (const sides of [
      [read, own],
      [own, read],
    ] as const) {
      const [token] = reportOf(step("relinquish", ...sides));
      expect(token?.risks.map(({ id }) => id)).toContain("unknown");
    }
  });
});

describe("a token that is left behind", () => {
  const retained = { inputs: SECRETS, retainOnDelete: true };

  it("is not deleted, and has its permissions and risks", () => {
    const tokens = reportOf(step("delete", retained));
    expect(outline(tokens)).toEqual([["leave", "retainOnDelete", "read-secrets"]]);
    expect(tokens[0]?.permissions).toMatchObject({ kept: ["read:orgs/acme/secrets"], removed: [] });
  });

  it("stays beside the one that replaces it", () => {
    const more = { replaceReasons: ["permissions"], keys: ["permissions"] };
    const replace = step("replace", retained, { inputs: TASKS }, more);
    // While the engine replaces a token, it marks the old one as one that is to go.
    const marked = { ...retained, delete: true };
    const triple = [
      step("create-replacement", retained, { inputs: TASKS }, more),
      replace,
      step("delete-replaced", retained),
    ];
    const second = [
      step("create-replacement", marked, { inputs: TASKS }, more),
      step("replace", marked, { inputs: TASKS }, more),
      step("delete-replaced", marked),
    ];
    for (const steps of [[replace], triple, [...triple].reverse(), second, second.slice(1, 2)]) {
      expect(outline(reportOf(...steps))).toEqual([
        ["replace", "permissions", ""],
        ["leave", "retainOnDelete", "read-secrets"],
      ]);
    }
    // The option of the new one is of no use to the old one.
    const now = step("replace", { inputs: SECRETS }, { inputs: TASKS, retainOnDelete: true }, more);
    expect(outline(reportOf(now))).toEqual([["replace", "permissions", ""]]);
  });

  it("stays after an interrupted replacement, too", () => {
    const same = step("same", { inputs: TASKS }, { inputs: TASKS });
    expect(outline(reportOf(same, step("delete-replaced", { ...retained, delete: true })))).toEqual([
      ["leave", "retainOnDelete", "read-secrets"],
      ["same", "", ""],
    ]);
  });

  it("stays where it is said to go with another resource: nobody asks the server to delete it", () => {
    const other = { op: "delete", urn: "urn:pulumi:dev::project::docker:index:Container::influxdb" };
    const withIt = step("delete", { inputs: SECRETS, deletedWith: other.urn });
    expect(outline(reportOf(withIt, other as never))).toEqual([["leave", "deletedWith", "read-secrets"]]);
    expect(outline(reportOf(withIt))).toEqual([["delete", "", ""]]);
  });

  describe("switched off, because of deactivateOnDelete", () => {
    const switchedOff = { inputs: SECRETS, outputs: { status: "active", deactivateOnDelete: true } };
    const left = { action: "leave", reasons: ["deactivateOnDelete"], status: "inactive" };
    const risky = [{ id: "read-secrets" }];

    it("is not deleted, and has its permissions and risks: whoever may, switches it on again", () => {
      const tokens = reportOf(step("delete", switchedOff));
      expect(tokens).toMatchObject([{ ...left, risks: risky }]);
      expect(tokens[0]?.permissions).toMatchObject({ kept: ["read:orgs/acme/secrets"], removed: [] });
      const hidden = { [SECRET_KEY]: SECRET_KEY, value: true };
      const secret = { ...switchedOff, outputs: { deactivateOnDelete: hidden } };
      expect(reportOf(step("delete", secret))).toMatchObject([{ ...left, risks: risky }]);
    });

    it("stays beside the one that replaces it, and after an interrupted replacement", () => {
      const more = { replaceReasons: ["keepers"], keys: ["keepers"] };
      const replace = step("replace", switchedOff, { inputs: SECRETS, outputs: { status: "active" } }, more);
      expect(reportOf(replace, step("delete-replaced", switchedOff))).toMatchObject([
        { action: "replace", reasons: ["keepers"], status: "active" },
        { ...left, risks: risky },
      ]);
      const same = step("same", { inputs: TASKS }, { inputs: TASKS });
      const old = step("delete-replaced", { ...switchedOff, delete: true });
      expect(reportOf(same, old)).toMatchObject([left, { action: "same" }]);
    });

    it("goes by the state: an input of this run counts from the next one on", () => {
      const inputs = { ...SECRETS, deactivateOnDelete: true };
      const replace = step("replace", { inputs: SECRETS }, { inputs }, { keys: ["permissions"] });
      expect(outline(reportOf(replace))).toEqual([["replace", "permissions", "read-secrets"]]);
      const update = step("update", switchedOff, { inputs: SECRETS });
      expect(outline(reportOf(update))).toEqual([["update", "", "read-secrets"]]);
    });

    it("stays as it is where Pulumi does not ask the provider", () => {
      expect(reportOf(step("delete", { ...switchedOff, retainOnDelete: true }))).toMatchObject([
        { action: "leave", reasons: ["retainOnDelete"], status: "active" },
      ]);
    });
  });

  it("can be acknowledged, where it still is in the program or was before it left", () => {
    const acknowledge = { "read-secrets": "kept for the archive" };
    expect(reportOf(step("delete", { ...retained, inputs: { ...SECRETS, acknowledge } }))).toMatchObject([
      { risks: [{ acknowledged: "kept for the archive" }] },
    ]);
  });
});
