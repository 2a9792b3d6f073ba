import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "../../../provider/permissions/catalogue";
import type { PermissionFlags } from "../../../provider/permissions/expand";
import {
  findRisks,
  permissionsOfFlags,
  readersOf,
  RISK_IDS,
  RISKS,
  type RiskId,
  type Severity,
  notARisk,
  risksFrom,
  SEVERITIES,
  warningFor,
} from "../../../provider/permissions/risks";
import type { Permission } from "../../../provider/types";
import { tableOf } from "../../support/tables";

const ids = (flags: PermissionFlags): RiskId[] => findRisks(permissionsOfFlags(flags)).map(({ id }) => id);
const BUCKET = "00000000000000c1";
const OTHER = "00000000000000c2";
const on = (action: "read" | "write", id: string): Permission[] => [
  { action, resource: { type: "buckets", id, orgID: "acme" } },
];
const writes = (id: string): Permission[] => on("write", id);
const reads = (id: string): Permission[] => on("read", id);

const severityOf = (risk: string): Severity => {
  const row = RISKS.find(({ id }) => id === risk);
  if (row === undefined) throw new Error(`there is no ${risk}`);
  return row.severity;
};

describe("risks", () => {
  it.each<[PermissionFlags, RiskId[]]>([
    [{ operator: true }, ["operator-token"]],
    [{ allAccess: true }, ["all-access-token"]],
    [{ writeAuthorizations: true }, ["write-authorizations"]],
    [{ readAuthorizations: true }, ["read-authorizations"]],
    [{ readOrgs: true }, ["server-wide-orgs"]],
    [{ writeOrgs: true }, ["server-wide-orgs"]],
    [{ readUsers: true, writeUsers: true }, ["server-wide-users"]],
    [{ readSecrets: true }, ["read-secrets"]],
    [{ writeSecrets: true }, []],
    [{ writeBuckets: true }, ["system-bucket"]],
    [{ readBuckets: true, writeBucket: [BUCKET], writeTasks: true, readDashboards: true }, []],
    [{ readOrgs: true, readSecrets: true }, ["server-wide-orgs", "read-secrets"]],
  ])("of %j are %j", (flags, expected) => {
    expect(ids(flags)).toEqual(expected);
  });

  it("of a token that has every flag are those of an all-access token", () => {
    const flags = CATALOGUE.filter(({ scope }) => scope === "organization").flatMap(({ type }) => {
      const noun = type.charAt(0).toUpperCase() + type.slice(1);
      return [`read${noun}`, `write${noun}`];
    });
    expect(ids(Object.fromEntries(flags.map((name) => [name, true])))).toEqual(["all-access-token"]);
  });

  it("of wrong flags are none: check refuses them", () => {
    expect(ids({ operator: true, readTasks: true })).toEqual([]);
  });

  it("lists what a wide risk includes, so that a pipeline can ask for that too", () => {
    const [finding] = findRisks(permissionsOfFlags({ operator: true }));
    expect(finding?.includes).toEqual([
      "all-access-token",
      "write-authorizations",
      "read-authorizations",
      "server-wide-orgs",
      "server-wide-users",
      "read-secrets",
      "system-bucket",
    ]);
    expect(
      findRisks(permissionsOfFlags({ operator: true }), { "read-secrets": "known" })[0]?.includes,
    ).not.toContain("read-secrets");
  });

  it("keep the reason why they are accepted", () => {
    const found = findRisks(permissionsOfFlags({ readSecrets: true, readOrgs: true }), {
      "read-secrets": "backup",
    });
    expect(found.map(({ id, acknowledged }) => [id, acknowledged])).toEqual([
      ["server-wide-orgs", undefined],
      ["read-secrets", "backup"],
    ]);
  });

  it("are reported of a writer only where the stack shows that nobody reads", () => {
    const risky = (stack?: Permission[][]) =>
      findRisks(writes(BUCKET), {}, stack && readersOf(stack)).map(({ id }) => id);
    expect(risky()).toEqual([]);
    expect(risky([writes(BUCKET)])).toEqual([]);
    expect(risky([writes(BUCKET), reads(OTHER)])).toEqual(["write-without-reader"]);
    expect(risky([writes(BUCKET), reads(OTHER), reads(BUCKET)])).toEqual([]);
    expect(risky([writes(BUCKET), reads(OTHER), permissionsOfFlags({ readBuckets: true })])).toEqual([]);
  });

  it("are the less the worse", () => {
    expect(SEVERITIES.map((severity) => risksFrom(severity).length)).toEqual([2, 9, 10, 11]);
    expect(risksFrom("critical")).toEqual(["unknown", "operator-token"]);
    expect(risksFrom("low")).toEqual(RISK_IDS);
    const high = [
      "read-authorizations",
      "read-secrets",
      "server-wide-orgs",
      "server-wide-users",
      "all-access-token",
    ];
    for (const risk of high) expect([risk, severityOf(risk)]).toEqual([risk, "high"]);
    // What the commonest token has is nothing to stop for.
    expect(severityOf("system-bucket")).toBe("low");
  });

  it("bring along only what is no worse than they are", () => {
    for (const { id, severity, ...risk } of RISKS) {
      const included: readonly RiskId[] = "includes" in risk ? risk.includes : [];
      const worse = included.filter(
        (other) => SEVERITIES.indexOf(severityOf(other)) < SEVERITIES.indexOf(severity),
      );
      expect([id, worse]).toEqual([id, []]);
    }
  });

  it("include only risks that there are", () => {
    const all: readonly string[] = RISK_IDS;
    expect(new Set(all).size).toBe(RISKS.length);
    for (const risk of RISKS) {
      if ("includes" in risk) expect(risk.includes.filter((id: string) => !all.includes(id))).toEqual([]);
    }
  });

  it("warn on one line, with the id to search for and how to silence it", () => {
    const [finding] = findRisks(permissionsOfFlags({ operator: true }));
    if (finding === undefined) throw new Error("nothing was found");
    expect(warningFor(finding)).toMatch(
      /^operator-token \(operator token\): [^\n]*acknowledge: \{ "operator-token": "why" \}\.$/,
    );
  });

  it("suggest the nearest id, or list all", () => {
    expect(notARisk("oprator-token")).toBe('is not a risk: did you mean "operator-token"?');
    expect(notARisk("nothing")).toBe(`is not a risk: there are ${RISK_IDS.join(", ")}`);
    expect(notARisk("x".repeat(1000))).toContain("there are");
  });
});

describe("docs/risks.md", () => {
  const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "risks.md"), "utf8");

  it("has the table of risks", () => {
    const { header, rows } = tableOf(page, "risks");
    expect(header).toEqual(["id", "severity", "in short", "what it means"]);
    expect(rows).toEqual(
      RISKS.map(({ id, severity, title, explanation }) => [
        `[\`${id}\`](#${id})`,
        severity,
        title,
        explanation.replaceAll("_", "\\_"),
      ]),
    );
  });

  it("has a section for each", () => {
    expect([...page.matchAll(/^## `(.*)`$/gm)].map(([, id]) => id)).toEqual(RISK_IDS);
  });
});
