import { UNKNOWN } from "../../../provider/inputs";
import { failing, makeReport, type Report } from "../../../report/model";
import { parsePreview } from "../../../report/parse";
import { readPermission } from "../../../report/permission";
import { previewOf, SAMPLE, type SampleToken } from "../../../scripts/screenshots/sample";

const reportOf = (...tokens: SampleToken[]): Report => makeReport(parsePreview(previewOf(tokens)));
const only = (token: SampleToken) => {
  const [first] = reportOf(token).tokens;
  if (first === undefined) throw new Error("there is no token");
  return first;
};

describe("the report", () => {
  it("has the tokens that change first, then by name", () => {
    const { tokens, summary, stack, project } = reportOf(...SAMPLE);
    expect([project, stack]).toEqual(["acme-metrics", "prod"]);
    expect(tokens.map(({ name }) => name)).toEqual([
      "ci",
      "grafana",
      "telegraf",
      "auditor",
      "vector",
      "old-importer",
      "alerting",
      "break-glass",
      "platform",
    ]);
    expect(summary).toEqual({ replace: 3, create: 2, delete: 1, update: 1, same: 2 });
  });

  it("tells what a change adds, takes away and keeps, and what forces it", () => {
    expect(
      only({
        name: "a::b",
        before: { readTasks: true, readBuckets: true },
        after: { readTasks: true, writeTasks: true },
        replaceReasons: ["permissions"],
      }),
    ).toMatchObject({
      name: "a::b",
      action: "replace",
      reasons: ["permissions"],
      permissions: {
        added: ["write:orgs/acme/tasks"],
        removed: ["read:orgs/acme/buckets"],
        kept: ["read:orgs/acme/tasks"],
      },
    });
  });

  it("takes a name and the id of the same organization and owner for the same", () => {
    const { permissions } = only({
      name: "a",
      before: { allAccess: true },
      after: { allAccess: true, org: "00000000000000a1", user: "admin" },
      replaceReasons: [],
    });
    expect([permissions.added, permissions.removed]).toEqual([[], []]);
    const moved = only({
      name: "a",
      before: { readTasks: true },
      after: { readTasks: true, org: "umbrella" },
      replaceReasons: ["org"],
    });
    expect(moved.permissions).toMatchObject({
      added: ["read:orgs/umbrella/tasks"],
      removed: ["read:orgs/acme/tasks"],
      kept: [],
    });
    expect(moved.org).toBe("umbrella");
  });

  it("knows the owner: whoever runs it of a new token, and who it is of one that stays", () => {
    const owner = (token: Omit<SampleToken, "name">) => only({ name: "a", ...token }).owner;
    const inputs = { readTasks: true };
    expect(owner({ after: inputs })).toBe("me");
    expect(owner({ after: { ...inputs, user: "ci" } })).toBe("ci");
    expect(owner({ before: inputs, after: inputs })).toBe("admin");
    expect(owner({ before: inputs })).toBe("admin");
    expect(owner({ before: inputs, after: inputs, replaceReasons: ["keepers"] })).toBe("me");
  });

  it("leaves open what is not known, but tells the risks of what is", () => {
    const part = only({
      name: "a",
      after: { readSecrets: true, permissions: ["read:orgs/acme/secrets", UNKNOWN] },
    });
    expect(part.permissions).toMatchObject({ unknown: 1, allUnknown: false });
    expect(part.risks.map(({ id }) => id)).toEqual(["read-secrets"]);
    const whole = only({
      name: "a",
      before: { readTasks: true },
      after: { operator: true, permissions: UNKNOWN },
      replaceReasons: ["org"],
    });
    expect(whole.permissions).toMatchObject({
      allUnknown: true,
      kept: ["read:orgs/acme/tasks"],
      removed: [],
    });
    expect(whole.risks.map(({ id }) => id)).toEqual(["operator-token"]);
  });

  it("tells no risk of a token that goes, and notes what is acknowledged in vain", () => {
    expect(only({ name: "a", before: { operator: true } }).risks).toEqual([]);
    const acknowledge = { "operator-token": "was one", "read-secrets": "backup" };
    const { risks, unusedAcknowledgements } = only({ name: "a", after: { readSecrets: true, acknowledge } });
    expect(risks).toMatchObject([{ id: "read-secrets", acknowledged: "backup" }]);
    expect(unusedAcknowledgements).toEqual(["operator-token"]);
    expect(only({ name: "a", after: { operator: true, acknowledge } }).unusedAcknowledgements).toEqual([]);
  });

  it("tells of a writer without a reader only where the whole stack is known", () => {
    const writer = { name: "w", after: { writeBucket: ["00000000000000c1"] } };
    const reader = { name: "r", after: { readBucket: ["00000000000000c2"] } };
    const risks = (...tokens: SampleToken[]) =>
      reportOf(...tokens).tokens.flatMap(({ risks: found }) => found.map(({ id }) => id));
    expect(risks(writer, reader)).toEqual(["write-without-reader"]);
    expect(risks(writer, { name: "r", before: reader.after })).toEqual([]);
    const open = { name: "o", after: { readTasks: true, permissions: [UNKNOWN] } };
    expect(risks(writer, reader, open)).toEqual([]);
  });
});

describe("--fail-on", () => {
  it("finds a risk, also one that a wider one brings along, unless it is acknowledged", () => {
    const report = reportOf(
      { name: "op", after: { operator: true } },
      { name: "all", after: { allAccess: true } },
      { name: "known", after: { operator: true, acknowledge: { "operator-token": "why" } } },
      { name: "part", after: { allAccess: true, acknowledge: { "read-secrets": "why" } } },
    );
    expect(failing(report, [])).toEqual([]);
    expect(failing(report, ["operator-token"])).toEqual([{ token: "op", risk: "operator-token" }]);
    expect(failing(report, ["read-secrets"]).map(({ token }) => token)).toEqual(["all", "op"]);
    expect(failing(report, ["server-wide-orgs"]).map(({ token }) => token)).toEqual(["op"]);
  });
});

describe("a permission of a preview", () => {
  it.each<[string, string, object]>([
    ["read:orgs/acme/buckets", "acme", { type: "buckets", orgID: "acme" }],
    ["read:orgs/a/b c/buckets/x", "a/b c", { type: "buckets", orgID: "a/b c", id: "x" }],
    [
      "read:orgs/00000000000000a1/buckets/abcdefabcdefabcd",
      "acme",
      { type: "buckets", orgID: "00000000000000a1", id: "abcdefabcdefabcd" },
    ],
    ["read:/orgs/a/b", "a/b", { type: "orgs", id: "a/b" }],
    ["read:/users", "acme", { type: "users" }],
  ])("%s is read, with the organization %s", (text, org, resource) => {
    expect(readPermission(text, org)).toEqual({ action: "read", resource });
  });

  it.each(["", "read", "delete:/orgs", "read:buckets", "read:/"])("%j is none", (text) => {
    expect(readPermission(text)).toBeUndefined();
  });
});
