import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { TOKEN } from "../../../provider/pulumiHost/stub";
import { makeReport, type Report, type ReportedToken } from "../../../report/model";
import { parsePreview, parseState } from "../../../report/parse";
import { previewOf, type SampleToken } from "../../../scripts/screenshots/sample";
import { unknownOf } from "../../../report/summary";
import { setUpRun } from "../../support/testRun";

const URN = `urn:pulumi:dev::p::${TOKEN.type}::ci`;

/** Tokens in states and plans as the provider makes them. */
describe("the report of buckets by name", () => {
  const run = setUpRun({ plainTokens: true });

  type Made = Awaited<ReturnType<typeof run.create>>;
  const create = (more: object): Promise<Made> => run.create({}, { org: "acme", readTasks: false, ...more });

  /** The report of what the program now declares for a token, with what `diff` says of it. */
  async function changeOf({ id, outs }: Made, more: object): Promise<ReportedToken> {
    const { connection } = outs;
    const inputs = await run.host.checked({ org: "acme", connection, ...more });
    const { changes, replaces } = await run.host.diff(id, outs, inputs);
    const op = replaces.length > 0 ? "replace" : changes ? "update" : "same";
    const step = {
      op,
      urn: URN,
      replaceReasons: replaces,
      oldState: { type: TOKEN.type, custom: true, id, inputs: outs, outputs: outs },
      newState: { type: TOKEN.type, custom: true, id, inputs },
    };
    const preview = JSON.stringify({ steps: [step], changeSummary: { [op]: 1 } });
    return makeReport(parsePreview(preview)).tokens[0] as ReportedToken;
  }

  const lines = ({ permissions: { added, removed, kept } }: ReportedToken) => ({
    added,
    removed,
    kept: kept.length,
  });

  it("takes a name and the id of the same bucket for the same, whichever the state has", async () => {
    const id = await run.server.makeBucket("metrics");
    await run.server.makeBucket("0123456789abcdef");
    const same = { added: [], removed: [], kept: 1 };
    for (const [before, after] of [
      ["metrics", id],
      [id, "metrics"],
      [id, id.toUpperCase()],
      ["name:0123456789abcdef", "name:0123456789abcdef"],
    ] as const) {
      const token = await changeOf(await create({ readBucket: [before] }), { readBucket: [after] });
      expect([token.action, lines(token)]).toEqual(["same", same]);
    }
  });

  it("shows what comes and goes by the names that the program uses", async () => {
    await run.server.makeBucket("metrics");
    await run.server.makeBucket("logs/raw");
    const made = await create({ readBucket: ["metrics"], readTasks: true });
    const token = await changeOf(made, { readBucket: ["logs/raw"], readTasks: true });
    expect([token.action, lines(token)]).toEqual([
      "replace",
      {
        added: ["read:orgs/acme/buckets/logs%2Fraw"],
        removed: ["read:orgs/acme/buckets/metrics"],
        kept: 1,
      },
    ]);
  });

  it("finds nothing changed where a bucket got another name, and the old id gone where one was made anew", async () => {
    const id = await run.server.makeBucket("metrics");
    const made = await create({ readBucket: ["metrics"] });
    const refreshed = async (): Promise<Made> => {
      run.begin();
      const { props } = await run.host.read(made.id, made.outs);
      return { id: made.id, outs: props as Made["outs"] };
    };
    await run.server.call("PATCH", `/api/v2/buckets/${id}`, { name: "renamed" });
    const renamed = await refreshed();
    for (const readBucket of [["metrics"], ["renamed"], [id]]) {
      expect(lines(await changeOf(renamed, { readBucket }))).toEqual({ added: [], removed: [], kept: 1 });
    }
    await run.server.makeBucket("metrics");
    expect(lines(await changeOf(await refreshed(), { readBucket: ["metrics"] }))).toEqual({
      added: ["read:orgs/acme/buckets/metrics"],
      removed: [`read:orgs/acme/buckets/${id}`],
      kept: 0,
    });
  });

  it("lists those of a state by name, with nothing twice", async () => {
    await run.server.makeBucket("metrics");
    const { id, outs } = await create({ readBucket: ["metrics"], readTasks: true });
    const resource = { urn: URN, type: TOKEN.type, custom: true, id, inputs: outs, outputs: outs };
    const state = JSON.stringify({ version: 3, deployment: { resources: [resource] } });
    expect(makeReport(parseState(state)).tokens[0]?.permissions.kept).toEqual([
      `read:orgs/${outs.orgId}/buckets/metrics`,
      `read:orgs/${outs.orgId}/tasks`,
    ]);
  });
});

const reportOf = (...tokens: SampleToken[]): Report => makeReport(parsePreview(previewOf(tokens)));
const only = (token: Omit<SampleToken, "name">): ReportedToken =>
  reportOf({ name: "ci", ...token }).tokens[0] as ReportedToken;
const detailsOf = ({ risks }: ReportedToken): unknown =>
  risks.map(({ id, details = [] }) => [id, ...details]);

describe("the report of what is not known by name", () => {
  it("counts buckets, and takes one that can be none for something that is not known", () => {
    const secret = "[secret]";
    const token = only({ after: { readTasks: true, writeBucket: ["metrics", WIRE_UNKNOWN, secret] } });
    expect(token.permissions).toMatchObject({
      added: ["read:orgs/acme/tasks", "write:orgs/acme/buckets/metrics"],
      unknown: 2,
    });
    expect(unknownOf(token)).toBe("2 buckets are not known before pulumi up");
    expect(token.risks).toEqual([]);
  });

  it("names extraPermissions where one of them is not known, a secret, or nothing that it can read", () => {
    const key = "telegrafs/00000000000000ef";
    const known = { [key]: "read, write", "/orgs/00000000000000a2": "read" };
    const lines = [`read:/orgs/00000000000000a2`, `read:orgs/acme/${key}`, `write:orgs/acme/${key}`];
    expect(only({ after: { extraPermissions: known } })).toMatchObject({
      permissions: { added: lines, unknownInputs: [] },
      risks: [],
    });
    const more = "dashboards/00000000000000ee";
    for (const open of [
      { ...known, [more]: WIRE_UNKNOWN },
      { ...known, [more]: "[secret]" },
      { ...known, [more]: "read, own" },
      { ...known, "a/b/c/d": "read" },
    ]) {
      const token = only({ after: { extraPermissions: open } });
      expect(token.permissions).toMatchObject({ added: lines, unknownInputs: ["extraPermissions"] });
      expect(detailsOf(token)).toEqual([["unknown", "extraPermissions is not known"]]);
    }
    for (const open of [WIRE_UNKNOWN, "[secret]"]) {
      const token = only({
        before: { extraPermissions: known, readSecrets: true },
        after: { extraPermissions: open as never },
        replaceReasons: ["permissions"],
      });
      expect(token.permissions).toMatchObject({ removed: [], unknownInputs: ["extraPermissions"] });
      expect(detailsOf(token)).toEqual([["unknown", "extraPermissions is not known"]]);
    }
  });

  it("says nothing of a writer without a reader where some buckets are names and some ids", () => {
    const risks = (write: string, read: string): string[] =>
      reportOf(
        { name: "w", after: { writeBucket: [write] } },
        { name: "r", after: { readBucket: [read] } },
      ).tokens.flatMap(({ risks: found }) => found.map(({ id }) => id));
    expect(risks("metrics", "logs")).toEqual(["write-without-reader"]);
    expect(risks("metrics", "name:metrics")).toEqual([]);
    expect(risks("metrics", "00000000000000c1")).toEqual([]);
    expect(risks("00000000000000c1", "metrics")).toEqual([]);
    expect(risks("name:00000000000000c1", "00000000000000c1")).toEqual([]);
  });
});

describe("an owner by id", () => {
  const ID = "00000000000000b7";
  const all = { allAccess: true };

  it("is shown as the program gives it", () => {
    const token = only({ after: { ...all, userId: ID } });
    expect(token.owner).toBe(ID);
    expect(token.permissions.added).toContain(`read:/users/${ID}`);
    const open = only({ after: { ...all, userId: WIRE_UNKNOWN } });
    expect(open.owner).toBe("(known after up)");
    expect(open.permissions.added).toContain("read:/users/(known after up)");
    expect(unknownOf(open)).toBe("the owner is not known before pulumi up");
  });

  it("is compared with the one that the token has", () => {
    const changed = (before: object, after: object): string[] => {
      const reasons = { replaceReasons: ["keepers"] };
      const { permissions } = only({
        before: { ...all, ...before },
        after: { ...all, ...after },
        ...reasons,
      });
      return [...permissions.added, ...permissions.removed].filter((line) => line.startsWith("read:"));
    };
    expect(changed({ user: "ci", userId: ID }, { userId: ID })).toEqual([]);
    expect(changed({ userId: ID }, { userId: "00000000000000b8" })).toEqual([
      "read:/users/00000000000000b8",
      `read:/users/${ID}`,
    ]);
    // Without it, the new token is the caller's.
    expect(changed({ userId: ID }, {})).toEqual(["read:/users/me", `read:/users/${ID}`]);
  });
});
