import fc from "fast-check";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { DYNAMIC_FLEET, FLEET_KINDS } from "../../../provider/tokenTypes";
import { UNTOLD } from "../../../report/fleets";
import { renderMarkdown } from "../../../report/markdown";
import { failing, jsonOf, makeReport, type Report, type ReportedToken } from "../../../report/model";
import { renderPage } from "../../../report/page";
import { parsePreview, parseState } from "../../../report/parse";
import { renderTable } from "../../../report/table";
import {
  devices,
  FLEET_HOST,
  fleetPreview,
  type FleetSide,
  fleetUrn,
  idOf,
  retirementOf,
  shardsOf,
} from "../../support/fleetStates";

type Options = Parameters<typeof fleetPreview>[3];

const TASKS = { org: "acme", readTasks: true };
const ALL_ACCESS = { org: "acme", allAccess: true };

function reportOf(steps: readonly object[]): Report {
  return makeReport(parsePreview(JSON.stringify({ steps, changeSummary: {} })));
}
const reported = (before?: FleetSide, after?: FleetSide, options?: Options): Report =>
  reportOf(fleetPreview("sensors", before, after, options));
const rowsOf = (before?: FleetSide, after?: FleetSide, options?: Options): readonly ReportedToken[] =>
  reported(before, after, options).tokens;
const stateOf = (resources: readonly object[], pending: readonly object[] = []): Report =>
  makeReport(parseState(JSON.stringify({ deployment: { resources, pending_operations: pending } })));

const NONE = { added: [], removed: [], replaced: [], patched: [], untold: 0 };
const fleet = (members: Record<string, object>, each: object = TASKS, more: object = {}): FleetSide => ({
  each: { ...each },
  members: members as FleetSide["members"],
  more: { ...more },
});
const without = (members: Record<string, object>, ...names: string[]): Record<string, object> =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));

describe.each(FLEET_KINDS)("a fleet of $shard in a preview", (kind) => {
  it("is one row, whatever the number of its shards, and its component and companion are none", () => {
    const rows = rowsOf(undefined, fleet(devices(300), ALL_ACCESS), { kind });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      name: "sensors",
      fleet: "sensors",
      urn: fleetUrn("sensors", kind),
      action: "create",
      reasons: [],
      host: FLEET_HOST,
      org: "acme",
      owner: "me",
      description: "acme/prod/sensors/{member}",
      risks: [{ id: "all-access-token" }],
    });
    expect(rows[0]?.members?.count).toBe(300);
    expect(rows[0]?.members?.added).toHaveLength(300);
    expect(rows[0]?.permissions.added).toHaveLength(43);
  });

  it("names members that come, go, and change", () => {
    const before = fleet(devices(100));
    const after = fleet({
      ...without(devices(100), "device-7"),
      "device-new": {},
      "device-3": { keepers: { rotation: "1" } },
      "device-4": { description: "prod: {member}" },
      "device-5": { status: "inactive" },
    });
    const report = reported(before, after, { kind });
    expect(report.tokens).toMatchObject([
      {
        name: "sensors",
        action: "update",
        reasons: ["description", "keepers", "status", "2 old tokens deleted at the end of the run"],
        members: {
          count: 100,
          added: ["device-new"],
          removed: ["device-7"],
          replaced: ["device-3"],
          patched: ["device-4", "device-5"],
          untold: 0,
        },
        permissions: { added: [], removed: [], kept: ["read:orgs/acme/tasks"] },
      },
    ]);
    expect(report.summary).toMatchObject({ create: 1, replace: 1, update: 2, delete: 1, same: 96 });
  });

  it("replaces all members where the permissions of each change", () => {
    const [row, ...others] = rowsOf(
      fleet(devices(100)),
      fleet(devices(100), { ...TASKS, writeTasks: true }, { keepOldFor: "24h" }),
      { kind },
    );
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      action: "replace",
      reasons: ["permissions", "keepOldFor", "100 old tokens valid for 24h more"],
      permissions: { added: ["write:orgs/acme/tasks"], removed: [], kept: ["read:orgs/acme/tasks"] },
    });
    expect(row?.members?.replaced).toHaveLength(100);
  });

  it("is the same where nothing changes, and ends where the program leaves it out", () => {
    const side = fleet(devices(3));
    expect(rowsOf(side, side, { kind })).toMatchObject([
      { action: "same", reasons: [], members: { ...NONE, count: 3 } },
    ]);
    const [ended] = rowsOf({ ...side, each: ALL_ACCESS }, undefined, { kind });
    expect(ended).toMatchObject({ action: "delete", reasons: [], risks: [], members: { count: 3 } });
    expect(ended?.permissions.removed).toHaveLength(43);
  });
});

describe("members with permissions of their own", () => {
  const members = {
    ...devices(5),
    gateway: { readSecrets: true },
    hub: { readSecrets: true },
    root: { readTasks: false, allAccess: true, acknowledge: { "all-access-token": "break glass" } },
  };

  it("have rows of their own, those that are alike one together, with their own risks", () => {
    const report = reported(undefined, fleet(members));
    expect(report.tokens.map(({ name, members: held }) => [name, held?.count])).toEqual([
      ["sensors", 5],
      ["sensors: gateway, hub", 2],
      ["sensors: root", 1],
    ]);
    const [fleetRow, secrets, root] = report.tokens;
    expect(fleetRow?.risks).toEqual([]);
    expect(secrets).toMatchObject({
      fleet: "sensors",
      risks: [{ id: "read-secrets" }],
      permissions: { added: ["read:orgs/acme/secrets", "read:orgs/acme/tasks"] },
    });
    expect(root).toMatchObject({
      description: "acme/prod/sensors/root",
      risks: [{ id: "all-access-token", acknowledged: "break glass" }],
    });
    expect(failing(report, ["read-secrets"])).toEqual([
      { token: "sensors: gateway, hub", risk: "read-secrets" },
    ]);
  });

  it("show what a change of their own adds and takes away", () => {
    const changed = { ...members, gateway: {}, "device-1": { writeTasks: true } };
    const rows = rowsOf(fleet(members), fleet(changed));
    const row = (name: string): ReportedToken | undefined => rows.find((each) => each.name === name);
    expect(row("sensors: device-1")).toMatchObject({
      action: "replace",
      permissions: { added: ["write:orgs/acme/tasks"], kept: ["read:orgs/acme/tasks"] },
    });
    const back = rows.find(({ members: held }) => held?.replaced.includes("gateway") === true);
    expect(back).toMatchObject({ action: "replace", permissions: { removed: ["read:orgs/acme/secrets"] } });
    expect(rows.map(({ action }) => action).sort()).toEqual(["replace", "replace", "same", "same", "same"]);
  });

  it("are named up to three", () => {
    const many = Object.fromEntries(Object.keys(devices(9)).map((name) => [name, { readSecrets: true }]));
    expect(rowsOf(undefined, fleet(many)).map(({ name }) => name)).toEqual([
      expect.stringMatching(/^sensors: device-\d, device-\d, device-\d and 6 more$/),
    ]);
  });

  it("are none where they only say the same as the fleet", () => {
    const same = { ...devices(3), spelt: { readTasks: true } };
    expect(rowsOf(undefined, fleet(same))).toHaveLength(1);
  });
});

describe("what a preview does not tell of a fleet", () => {
  it("is not claimed: the engine updates a shard of which no input changes", () => {
    const side = fleet(devices(100), { ...TASKS, rotateAfter: "720h" });
    const report = reported(side, side, { op: "update" });
    expect(report.tokens).toMatchObject([
      { action: "update", reasons: [UNTOLD], members: { ...NONE, count: 100, untold: 100 } },
    ]);
    expect(report.summary).toMatchObject({ update: 100, replace: 0, same: 0 });
    expect(failing(report, ["all-access-token"])).toEqual([]);
  });

  it.each([
    ["each", WIRE_UNKNOWN],
    ["each", "[secret]"],
    ["members", WIRE_UNKNOWN],
    ["members", { "device-1": WIRE_UNKNOWN }],
    ["permissions", undefined],
  ])("fails every gate: %s is %j", (name, value) => {
    const report = reported(undefined, fleet(devices(3), TASKS, { [name]: value }));
    expect(report.tokens).not.toEqual([]);
    expect(failing(report, ["system-bucket"])).toEqual(
      expect.arrayContaining([{ token: "sensors", risk: "unknown" }]),
    );
  });

  it("fails every gate: a flag is not known, of each or of one member", () => {
    const each = reported(undefined, fleet(devices(3), { org: "acme", allAccess: WIRE_UNKNOWN }));
    expect(failing(each, ["system-bucket"])).toEqual([{ token: "sensors", risk: "unknown" }]);
    const own = reported(undefined, fleet({ ...devices(3), hub: { readSecrets: WIRE_UNKNOWN } }));
    expect(failing(own, ["system-bucket"])).toEqual([{ token: "sensors: hub", risk: "unknown" }]);
  });

  it("fails every gate: a step that this version does not know", () => {
    const side = fleet(devices(3));
    expect(failing(reported(side, side, { op: "transmute" }), ["system-bucket"])).toEqual([
      { token: "sensors", risk: "unknown" },
    ]);
  });

  it("fails every gate: its inputs ask for nothing, and it has permissions", () => {
    const side = fleet(devices(3), { org: "acme" });
    expect(failing(reported(side, side), ["system-bucket"])).toEqual([{ token: "sensors", risk: "unknown" }]);
  });

  it("counts one bucket more, whose id is not known", () => {
    const each = { org: "acme", writeBucket: [WIRE_UNKNOWN] };
    const report = reported(undefined, fleet(devices(3), each, { permissions: WIRE_UNKNOWN }));
    expect(report.tokens).toMatchObject([{ permissions: { unknown: 1 }, risks: [] }]);
  });
});

describe("a member that a refresh found changed", () => {
  const found = { ...devices(20), "device-3": { permissions: { "/buckets": "read, write" } } };

  it("gets a new token, and its row does not say what nobody reads", () => {
    const rows = rowsOf(fleet(found), fleet(devices(20)));
    expect(rows).toMatchObject([
      {
        name: "sensors: device-3",
        action: "replace",
        reasons: ["permissions", "1 old token deleted at the end of the run"],
        members: { replaced: ["device-3"] },
      },
      { name: "sensors", action: "same", members: { count: 19 } },
    ]);
  });

  it("fails every gate where it stays as it is", () => {
    for (const report of [
      reported(fleet(found), fleet(found)),
      stateOf([...shardsOf("sensors", fleet(found)).values()]),
    ])
      expect(failing(report, ["system-bucket"])).toEqual([{ token: "sensors: device-3", risk: "unknown" }]);
  });
});

describe("a fleet that a run did not finish", () => {
  it("adds the members that have no token yet", () => {
    const side = { ...fleet(devices(50)), unmade: ["device-3", "device-4"] };
    expect(rowsOf(side, side, { op: "update" })).toMatchObject([
      { action: "update", members: { added: ["device-3", "device-4"], count: 50 } },
    ]);
  });

  it("shows shards that are up to date apart from those that are not", () => {
    const [old, now] = [fleet(devices(60)), fleet(devices(60), { ...TASKS, writeTasks: true })];
    const half = fleetPreview("sensors", old, now).map((step, n) =>
      n % 2 === 0
        ? step
        : { ...step, oldState: step["newState"], op: step["op"] === "update" ? "same" : step["op"] },
    );
    const steps = half.map((step) =>
      step["op"] === "same" && step["oldState"] !== undefined
        ? { ...step, oldState: { ...(step["oldState"] as object), outputs: {} } }
        : step,
    );
    const { tokens, summary } = reportOf(steps);
    expect(tokens.map(({ action }) => action)).toEqual(["replace", "same"]);
    expect(summary.replace + summary.same).toBe(60);
    expect(summary.replace).toBeGreaterThan(0);
  });
});

describe("tokens of a fleet that stay on the server", () => {
  it("are left behind, inactive, where each has deactivateOnDelete", () => {
    const side = fleet(devices(3), { ...ALL_ACCESS, deactivateOnDelete: true });
    expect(rowsOf(side, undefined)).toMatchObject([
      {
        action: "leave",
        reasons: ["deactivateOnDelete"],
        status: "inactive",
        risks: [{ id: "all-access-token" }],
        members: { count: 3 },
      },
    ]);
    const fewer = fleet(without(devices(3), "device-1"), side.each);
    expect(rowsOf(side, fewer)).toMatchObject([{ reasons: ["1 old token left behind, inactive"] }]);
  });

  it("are left behind where the engine does not delete the shard", () => {
    const side = fleet(devices(3), ALL_ACCESS);
    const steps = fleetPreview("sensors", side, undefined).map((step) => {
      const { oldState } = step;
      return oldState === undefined ? step : { ...step, oldState: { ...oldState, retainOnDelete: true } };
    });
    expect(reportOf(steps).tokens).toMatchObject([
      { action: "leave", reasons: ["retainOnDelete"], risks: [{ id: "all-access-token" }] },
    ]);
  });
});

describe("changes for a whole fleet", () => {
  it("may be of what no member has", () => {
    const side = fleet(devices(30));
    const moved = fleet(devices(30), TASKS, { host: "https://other.example.com" });
    const report = reported(side, moved);
    expect(report.tokens).toMatchObject([
      { action: "update", host: "https://other.example.com", previousHost: FLEET_HOST, members: NONE },
    ]);
    expect(report.summary).toMatchObject({ update: 30, same: 0 });
  });

  it("are none where flags say the same in other words", () => {
    const side = fleet(devices(3));
    const spelt = fleet(devices(3), { ...TASKS, readSecrets: false });
    expect(rowsOf(side, spelt)).toMatchObject([{ members: { replaced: [], patched: [] } }]);
  });

  it("replace what the engine is told to replace", () => {
    const side = fleet(devices(20));
    const [row] = rowsOf(side, side, { op: "replace" });
    expect(row).toMatchObject({ action: "replace" });
    expect(row?.members?.replaced).toHaveLength(20);
  });
});

describe("two fleets", () => {
  it("are two rows, also where one name begins with the other", () => {
    const steps = [
      ...fleetPreview("sensors", undefined, fleet(devices(5))),
      ...fleetPreview("sensors-01", undefined, fleet(devices(5), ALL_ACCESS)),
    ];
    expect(reportOf(steps).tokens.map(({ name, members }) => [name, members?.count])).toEqual([
      ["sensors", 5],
      ["sensors-01", 5],
    ]);
  });
});

describe("a fleet in a state", () => {
  const side = { ...fleet({ ...devices(20), hub: { readSecrets: true } }), unmade: ["device-2"] };
  const resources = [...shardsOf("sensors", side).values(), retirementOf("sensors")];

  it("has the members that have a token, and says how many have none", () => {
    const report = stateOf(resources);
    expect(report.tokens).toMatchObject([
      { name: "sensors", action: "same", reasons: ["1 without a token yet"], members: { count: 19 } },
      { name: "sensors: hub", reasons: [], risks: [{ id: "read-secrets" }], members: { count: 1 } },
    ]);
    expect(report.summary).toMatchObject({ same: 20 });
  });

  it("may have been made by an interrupted run", () => {
    const [first] = resources;
    const report = stateOf([], [{ type: "creating", resource: first }]);
    expect(report.tokens).toMatchObject([{ action: "create", reasons: ["interrupted, so it may exist"] }]);
  });
});

describe("the outputs for a fleet", () => {
  const before = fleet(devices(10_000));
  const after = fleet({
    ...without(devices(10_000), "device-7"),
    "device-new": {},
    "device-3": { keepers: { rotation: "1" } },
    hub: { readSecrets: true },
  });
  const report = reported(before, after);

  it("show one line of 10,000 members, what changes, and their risks once", () => {
    const table = renderTable(report);
    expect(table).toContain("sensors (10,000 members)");
    expect(table).toContain("~ update: +1 −1 ↻1, keepers, 2 old tokens deleted at the end of the run");
    for (const line of ["+ device-new", "− device-7", "↻ device-3"]) expect(table).toContain(line);
    expect(table).toContain("! read-secrets (1 member)");
    expect(table).not.toContain("device-8");
    expect(table).toContain("InfluxDB tokens: 1 to replace, 2 to create, 1 to delete, 9,998 unchanged");

    const markdown = renderMarkdown(report);
    for (const text of ["sensors &#40;10,000 members&#41;", "  + device-new", "  − device-7"])
      expect(markdown).toContain(text);
    expect(markdown.length).toBeLessThan(5_000);

    const page = renderPage(report);
    for (const text of ["sensors (10,000 members)", "+ device-new", "can read secrets"])
      expect(page).toContain(text);
    expect(page.length).toBeLessThan(40_000);
  });

  it("name nobody where all change alike, and count those who are replaced while others go", () => {
    const later = fleet(devices(30), { ...TASKS, rotateAfter: "90d" });
    const all = renderTable(reported(fleet(devices(30)), later));
    expect(all).toContain("~ update: rotateAfter ");
    expect(all).not.toContain("device-1");
    const broad = { ...TASKS, writeTasks: true };
    const some = renderTable(reported(fleet(devices(31)), fleet(devices(30), broad)));
    expect(some).toContain("~ update: −1 ↻30, permissions, 31 old tokens deleted at the end of the run");
    expect(some).toContain("− device-31");
    expect(some).not.toContain("device-1\n");
  });

  it("list names in the JSON", () => {
    const { tokens } = JSON.parse(jsonOf(report)) as Report;
    expect(tokens.map(({ members }) => members)).toEqual(
      expect.arrayContaining([
        {
          count: 10_000,
          added: ["device-new"],
          removed: ["device-7"],
          replaced: ["device-3"],
          patched: [],
          untold: 0,
        },
      ]),
    );
  });

  it("hold no text of a token, and no name that would break out", () => {
    const name = "<script>`|\u001b[2J";
    const nasty = reported(fleet(devices(3)), fleet({ ...devices(3), [name]: {}, "```": {} }));
    const texts = [renderTable(nasty), renderMarkdown(nasty), renderPage(nasty), jsonOf(nasty)];
    for (const text of ["ciphertext", "v1:abc", "\u001b[2J"]) expect(texts.join("\n")).not.toContain(text);
    expect(renderPage(nasty)).not.toContain("<script>`");
    expect(renderMarkdown(nasty)).toContain("````diff");
  });
});

describe("any change of a fleet", () => {
  const own = fc.constantFrom<object>(
    {},
    { readSecrets: true },
    { keepers: { a: "1" } },
    { description: "x {member}" },
    { readTasks: false, allAccess: true },
  );
  const side = fc.option(
    fc.record({
      each: fc.constantFrom<object>(TASKS, ALL_ACCESS, { ...TASKS, writeTasks: true }),
      members: fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), own, { minKeys: 1 }),
    }),
    { nil: undefined },
  );

  it("tells of each member once", () => {
    fc.assert(
      fc.property(side, side, (before, after) => {
        const sideOf = (each: typeof before) =>
          each === undefined ? undefined : fleet(each.members, each.each);
        const { tokens, summary } = reported(sideOf(before), sideOf(after));
        const [had, has] = [before, after].map((each) => Object.keys(each?.members ?? {}));
        const all = new Set([...(had ?? []), ...(has ?? [])]);
        expect(Object.values(summary).reduce((sum, one) => sum + one, 0)).toBe(all.size);
        const names = (kind: "added" | "removed") => tokens.flatMap(({ members }) => members?.[kind] ?? []);
        expect(names("added").sort()).toEqual(
          (has ?? []).filter((name) => had?.includes(name) !== true).sort(),
        );
        expect(names("removed").sort()).toEqual(
          (had ?? []).filter((name) => has?.includes(name) !== true).sort(),
        );
        // What a member may do is judged, whichever row it is in.
        const isBroad = Object.values(after?.members ?? {}).some((inputs) =>
          JSON.stringify({ ...after?.each, ...inputs }).includes('"allAccess":true'),
        );
        const found = tokens.some(({ risks }) => risks.some(({ id }) => id === "all-access-token"));
        expect(found).toBe(isBroad);
      }),
    );
  });
});

it("takes the id of a member's token for none of the report's business", () => {
  const side = fleet(devices(3));
  const steps = fleetPreview("sensors", side, side);
  expect(JSON.stringify(steps)).toContain(idOf("device-1"));
  expect(jsonOf(reportOf(steps))).not.toContain(idOf("device-1"));
  expect(DYNAMIC_FLEET.shard).toContain("InfluxTokenShard");
});
