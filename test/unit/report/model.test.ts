import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { RISK_IDS } from "../../../provider/permissions/risks";
import { failing, makeReport, type Report } from "../../../report/model";
import { parsePreview } from "../../../report/parse";
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
    expect(summary).toEqual({
      unknown: 0,
      replace: 3,
      rotate: 0,
      create: 2,
      adopt: 0,
      delete: 1,
      leave: 0,
      update: 1,
      skip: 0,
      same: 2,
    });
  });

  it("says what a change adds, removes and keeps, and what forces it", () => {
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

  const changed = (token: Omit<SampleToken, "name">) => only({ name: "a", ...token }).permissions;

  it("takes a name and the id of the same organization for the same, and so a name that the server changed", () => {
    for (const after of [
      { allAccess: true, orgId: "00000000000000a1" },
      { allAccess: true, keepers: { period: "2" } },
    ]) {
      const { added, removed, kept } = changed({
        before: { allAccess: true },
        after,
        replaceReasons: ["keepers"],
      });
      expect([added, removed, kept.length]).toEqual([[], [], 43]);
    }
    // `diff` compares ids: by its reasons the organization is the same.
    const renamed = changed({
      before: { readTasks: true },
      after: { readTasks: true, readSecrets: true, org: "acme, renamed" },
      replaceReasons: ["permissions"],
    });
    expect(renamed).toMatchObject({
      added: ["read:orgs/acme, renamed/secrets"],
      removed: [],
      kept: ["read:orgs/acme, renamed/tasks"],
    });
  });

  it("finds everything changed in another organization, and for another owner what is the owner's", () => {
    for (const [after, replaceReasons] of [
      [{ org: "umbrella" }, ["org"]],
      [{ org: "umbrella" }, []],
      [{ orgId: "00000000000000a2" }, ["orgId"]],
      [{ org: WIRE_UNKNOWN }, ["org"]],
      // One of the same name that was made anew.
      [{ org: "acme" }, ["org"]],
    ] as const) {
      const { added, removed, kept } = changed({
        before: { readTasks: true, readOrgs: true },
        after: { readTasks: true, readOrgs: true, ...after },
        replaceReasons,
      });
      expect(added).toEqual([expect.stringMatching(/^read:orgs\/.*\/tasks$/)]);
      expect([removed, kept]).toEqual([["read:orgs/acme/tasks"], ["read:/orgs"]]);
    }
    const owner = changed({
      before: { allAccess: true, user: "ci" },
      after: { allAccess: true, user: "bob" },
      replaceReasons: ["user"],
    });
    expect([owner.added, owner.removed]).toEqual([
      ["read:/users/bob", "write:/users/bob"],
      ["read:/users/ci", "write:/users/ci"],
    ]);
    expect(only({ name: "a", before: {}, after: { org: "umbrella" }, replaceReasons: ["org"] }).org).toBe(
      "umbrella",
    );
  });

  it("spells names as the provider does, so that none can be taken for another permission", () => {
    const texts = (org: string) => changed({ after: { readTasks: true, org } }).added;
    expect(texts("a/b")).toEqual(["read:orgs/a%2Fb/tasks"]);
    expect(texts("00000000000000a1")).toEqual(["read:orgs/%300000000000000a1/tasks"]);
    expect(changed({ after: { allAccess: true, user: "me" } }).added).toContain("read:/users/%6De");
    expect(changed({ after: { allAccess: true } }).added).toContain("read:/users/me");
    expect(changed({ after: { readOwnOrg: true } }).added).toEqual(["read:/orgs/acme"]);
  });

  it("compares a token that was changed on the server by what the server has", () => {
    const outputs = {
      orgId: "00000000000000a1",
      __granted: [
        { action: "read", resource: { type: "tasks", orgID: "00000000000000a1" } },
        { action: "write", resource: { type: "tasks", orgID: "00000000000000a1" } },
      ],
    };
    const type = "pulumi-nodejs:dynamic/influxdb:InfluxToken";
    const steps = [
      {
        op: "replace",
        urn: `urn:pulumi:prod::p::${type}::ci`,
        replaceReasons: ["permissions"],
        oldState: { type, inputs: { org: "acme" }, outputs },
        newState: { type, inputs: { org: "acme", readTasks: true } },
      },
    ];
    const [token] = makeReport(parsePreview(JSON.stringify({ steps, changeSummary: { replace: 1 } }))).tokens;
    expect(token?.permissions).toMatchObject({
      added: [],
      removed: ["write:orgs/acme/tasks"],
      kept: ["read:orgs/acme/tasks"],
    });
  });

  it("names the servers, and where a token moves", () => {
    const elsewhere = "https://other.example.com";
    const before = { readTasks: true };
    const { servers, tokens } = reportOf(
      { name: "a", before, after: { readTasks: true, host: elsewhere } },
      { name: "b", after: before },
    );
    expect(servers).toEqual(["https://influxdb.example.com:8086", elsewhere]);
    expect(tokens.map(({ name, host, previousHost }) => [name, host, previousHost])).toEqual([
      ["b", "https://influxdb.example.com:8086", undefined],
      ["a", elsewhere, "https://influxdb.example.com:8086"],
    ]);
  });

  it("names the owner: the user who runs pulumi up of a new token, and the recorded one of an existing token", () => {
    const owner = (token: Omit<SampleToken, "name">) => only({ name: "a", ...token }).owner;
    const inputs = { readTasks: true };
    expect(owner({ after: inputs })).toBe("me");
    expect(owner({ after: { ...inputs, user: "ci" } })).toBe("ci");
    expect(owner({ before: inputs, after: inputs })).toBe("admin");
    expect(owner({ before: inputs })).toBe("admin");
    expect(owner({ before: inputs, after: inputs, replaceReasons: ["keepers"] })).toBe("me");
  });

  it("lists what the flags ask for, and counts buckets that are not known", () => {
    const part = only({
      name: "a",
      after: { readSecrets: true, readBucket: [WIRE_UNKNOWN, "00000000000000c1", WIRE_UNKNOWN] },
    });
    expect(part.permissions).toMatchObject({
      added: ["read:orgs/acme/buckets/00000000000000c1", "read:orgs/acme/secrets"],
      unknown: 2,
      unknownInputs: [],
      allUnknown: false,
    });
    expect(part.risks.map(({ id }) => id)).toEqual(["read-secrets"]);
    const list = only({ name: "a", after: { readBucket: WIRE_UNKNOWN as never } });
    expect(list.permissions).toMatchObject({ unknown: 0, unknownInputs: ["readBucket"] });
    const organization = only({ name: "a", after: { operator: true, org: WIRE_UNKNOWN } });
    expect(organization.permissions.added).toHaveLength(44);
    expect(organization.risks.map(({ id }) => id)).toEqual(["operator-token"]);
  });

  it("removes nothing that an input which is not known might still ask for", () => {
    const before = { readSecrets: true, readTasks: true, readBucket: ["00000000000000c1"] };
    const after = (flags: object) => changed({ before, after: flags, replaceReasons: ["permissions"] });
    expect(after({ readTasks: true, readSecrets: WIRE_UNKNOWN })).toMatchObject({
      removed: ["read:orgs/acme/buckets/00000000000000c1"],
      kept: ["read:orgs/acme/secrets", "read:orgs/acme/tasks"],
    });
    expect(after({ readBucket: WIRE_UNKNOWN }).removed).toEqual([
      "read:orgs/acme/secrets",
      "read:orgs/acme/tasks",
    ]);
    expect(after({ allAccess: WIRE_UNKNOWN }).removed).toEqual([]);
    const own = { readOwnOrg: true, readTasks: true };
    expect(
      changed({
        before: own,
        after: { readOwnOrg: WIRE_UNKNOWN as never },
        replaceReasons: ["permissions"],
      }),
    ).toMatchObject({ removed: ["read:orgs/acme/tasks"], kept: ["read:/orgs/acme"] });
  });

  it("does not know what a token may do that is known in part only", () => {
    const unknown = (after: object) =>
      only({ name: "a", after })
        .risks.filter(({ id }) => id === "unknown")
        .flatMap(({ details }) => details);
    expect(unknown({ readTasks: true, writeUsers: WIRE_UNKNOWN })).toEqual(["writeUsers is not known"]);
    expect(unknown({ readTasks: true, readOwnOrg: "[secret]" })).toEqual(["readOwnOrg is not known"]);
    expect(unknown({ readTasks: true, acknowledge: WIRE_UNKNOWN })).toEqual([
      "it is not known what is acknowledged",
    ]);
    expect(unknown({ readTasks: true, acknowledge: { "read-secrets": "[secret]" } })).toEqual([
      "the reason for read-secrets is not known",
    ]);
    // Whatever its id is, it is one bucket; and whatever its name is, it is one organization.
    expect(
      unknown({ readTasks: true, writeBucket: [WIRE_UNKNOWN], org: WIRE_UNKNOWN, user: WIRE_UNKNOWN }),
    ).toEqual([]);
  });

  it("has no risk of a token that is deleted, and notes acknowledgements of risks that it does not have", () => {
    expect(only({ name: "a", before: { operator: true } }).risks).toEqual([]);
    const acknowledge = { "operator-token": "was one", "read-secrets": "backup" };
    const { risks, unusedAcknowledgements } = only({ name: "a", after: { readSecrets: true, acknowledge } });
    expect(risks).toMatchObject([{ id: "read-secrets", acknowledged: "backup" }]);
    expect(unusedAcknowledgements).toEqual(["operator-token"]);
    expect(only({ name: "a", after: { operator: true, acknowledge } }).unusedAcknowledgements).toEqual([]);
  });

  it("reports a writer without a reader only where the whole stack is known", () => {
    const writer = { name: "w", after: { writeBucket: ["00000000000000c1"] } };
    const reader = { name: "r", after: { readBucket: ["00000000000000c2"] } };
    const risks = (...tokens: SampleToken[]) =>
      reportOf(...tokens).tokens.flatMap(({ risks: found }) => found.map(({ id }) => id));
    expect(risks(writer, reader)).toEqual(["write-without-reader"]);
    expect(risks(writer, { name: "r", before: reader.after })).toEqual([]);
    const open = { name: "o", after: { readTasks: true, readBucket: [WIRE_UNKNOWN] } };
    expect(risks(writer, reader, open)).toEqual([]);
    // One that is left behind still reads.
    const left = { name: "l", before: { readBucket: ["00000000000000c1"] }, retainOnDelete: true };
    expect(risks(writer, reader, left)).toEqual([]);
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
    // A wider risk stands for those that it includes.
    expect(failing(report, RISK_IDS).filter(({ token }) => token === "op")).toHaveLength(1);
  });

  it("finds what is not known whatever it asks for, unless that is acknowledged, and nothing where it asks for none", () => {
    const open = { readTasks: true, writeUsers: WIRE_UNKNOWN as never };
    const report = reportOf(
      { name: "open", after: open },
      {
        name: "known",
        after: { ...open, acknowledge: { unknown: "an Output of ours, see the stack beside" } },
      },
      { name: "bucket", after: { readBucket: [WIRE_UNKNOWN] } },
    );
    expect(report.tokens.map(({ name, risks }) => [name, risks.length])).toEqual([
      ["bucket", 0],
      ["known", 1],
      ["open", 1],
    ]);
    for (const id of RISK_IDS) expect(failing(report, [id])).toEqual([{ token: "open", risk: "unknown" }]);
    expect(failing(report, [])).toEqual([]);
  });
});

describe("a report of many tokens", () => {
  /** How often a permission is looked at while the report of this many tokens is made. */
  function work(count: number): number {
    let looks = 0;
    const watched = <T extends object>(value: T): T =>
      new Proxy(value, {
        get(target, name) {
          looks += 1;
          return Reflect.get(target, name) as unknown;
        },
      });
    const tokens = Array.from({ length: count }, (_, n): SampleToken => {
      const id = (n + 1).toString(16).padStart(16, "0");
      return {
        name: `t${n}`,
        after: n % 2 === 0 ? { writeBucket: [id] } : { readBucket: [id], readTasks: true },
      };
    });
    const { steps, ...parsed } = parsePreview(previewOf(tokens));
    const counted = steps.map((step) => {
      const { after } = step;
      if (after === undefined) throw new Error("there is nothing after the change");
      return { ...step, after: { ...after, held: after.held.map(watched) } };
    });
    const report = makeReport({ ...parsed, steps: counted });
    expect(report.tokens.flatMap(({ risks }) => risks)).toHaveLength(count / 2);
    return looks;
  }

  it("takes twice the work for twice the tokens", () => {
    const once = work(100);
    expect(once).toBeGreaterThan(100);
    expect(work(200)).toBeLessThan(2.1 * once);
    expect(work(1600)).toBeLessThan(16.8 * once);
  });
});
