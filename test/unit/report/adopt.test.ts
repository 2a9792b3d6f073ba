import { SECRET_KEY, WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { TOKEN } from "../../../provider/pulumiHost/stub";
import { renderMarkdown } from "../../../report/markdown";
import { failing, jsonOf, makeReport, type Report, type ReportedToken } from "../../../report/model";
import { renderPage } from "../../../report/page";
import { parsePreview, parseState } from "../../../report/parse";
import { summaryOf } from "../../../report/summary";
import { renderTable } from "../../../report/table";
import { previewOf, type SampleToken } from "../../../scripts/screenshots/sample";

const ID = "0a1b2c3d4e5f6079";
const reportOf = (...tokens: SampleToken[]): Report => makeReport(parsePreview(previewOf(tokens)));
const only = ({ tokens }: Report): ReportedToken => tokens[0] as ReportedToken;
const adopting = (more: object): ReportedToken =>
  only(reportOf({ name: "ci", after: { readTasks: true, adopt: ID, ...more } }));

describe("a token that a program adopts", () => {
  const report = reportOf(
    { name: "ci", after: { readTasks: true, user: "ci", adopt: ID } },
    { name: "new", after: { readTasks: true } },
  );

  it("is one to adopt in every output, with its id, and behind those that are made", () => {
    expect(report.tokens.map(({ name, action, adopts }) => [name, action, adopts])).toEqual([
      ["new", "create", undefined],
      ["ci", "adopt", ID],
    ]);
    expect(summaryOf(report)).toBe("InfluxDB tokens: 1 to create, 1 to adopt");
    expect(renderTable(report)).toMatch(new RegExp(`^ci .*« adopt: ${ID} +read:orgs/acme/tasks$`, "m"));
    expect(renderMarkdown(report)).toContain(`| « | <code>ci</code> |`);
    expect(renderMarkdown(report)).toContain(`adopt&#58; ${ID}`);
    expect(renderPage(report)).toContain(
      `<span class="tag adopt">« adopt</span><span class="why">${ID}</span>`,
    );
    expect(JSON.parse(jsonOf(report))).toMatchObject({
      summary: { create: 1, adopt: 1 },
      tokens: [{}, { action: "adopt", adopts: ID }],
    });
  });

  it("adds no permission: what is declared is what it has", () => {
    const { permissions } = report.tokens[1] as ReportedToken;
    expect(permissions).toMatchObject({ added: [], removed: [], kept: ["read:orgs/acme/tasks"] });
  });

  it("has risks as one that is made, and an acknowledgement accepts them", () => {
    const adopted = { operator: true, adopt: ID };
    const acknowledge = { "operator-token": "sealed" };
    const risky = reportOf(
      { name: "root", after: adopted },
      { name: "known", after: { ...adopted, acknowledge } },
      { name: "open", after: { adopt: ID, readTasks: true, writeUsers: WIRE_UNKNOWN as never } },
    );
    expect(failing(risky, ["read-secrets"])).toEqual([
      { token: "open", risk: "unknown" },
      { token: "root", risk: "read-secrets" },
    ]);
    const reading = reportOf(
      { name: "w", after: { writeBucket: ["00000000000000c1"] } },
      { name: "r", after: { readBucket: ["00000000000000c2"] } },
      { name: "a", after: { readBucket: ["00000000000000c1"], adopt: ID } },
    );
    expect(reading.tokens.flatMap(({ risks }) => risks)).toEqual([]);
  });

  it("has an owner that only the server knows, unless the program names one", () => {
    const { owner, permissions } = adopting({ readTasks: undefined, allAccess: true });
    expect(owner).toBe("(known after up)");
    expect(permissions.kept).toContain("read:/users/(known after up)");
    const named = adopting({ readTasks: undefined, allAccess: true, userId: "00000000000000b7" });
    expect(named.owner).toBe("00000000000000b7");
    expect(named.permissions.kept).toContain("read:/users/00000000000000b7");
  });

  it("may turn out to be a new one where the id is not known, and keeps a secret id to itself", () => {
    expect(adopting({ adopt: WIRE_UNKNOWN })).toMatchObject({
      action: "adopt",
      adopts: "(known after up)",
      permissions: { added: ["read:orgs/acme/tasks"], kept: [] },
    });
    for (const secret of ["[secret]", { [SECRET_KEY]: "1b47061264138c4ac30d75fd1eb44270", value: ID }]) {
      const token = adopting({ adopt: secret });
      expect(token).toMatchObject({ action: "adopt", adopts: "(secret)" });
      expect(JSON.stringify(token)).not.toContain(ID);
    }
  });

  it("is adopted once: the input that stays says nothing more, and nothing when it goes", () => {
    const adopted = { readTasks: true, adopt: ID };
    const later = reportOf(
      { name: "a", before: adopted, after: adopted },
      { name: "b", before: adopted, after: { ...adopted, description: "b" } },
      { name: "c", before: adopted },
    );
    expect(later.tokens.map(({ action, adopts }) => [action, adopts])).toEqual([
      ["delete", undefined],
      ["update", undefined],
      ["same", undefined],
    ]);
    for (const none of [undefined, null]) expect(adopting({ adopt: none }).action).toBe("create");
  });

  it("beside a replacement takes the place of the new one, whose owner is then not that of who runs it", () => {
    const replaced = reportOf({
      name: "ci",
      before: { allAccess: true },
      after: { allAccess: true, adopt: ID },
      replaceReasons: ["keepers"],
    });
    expect(only(replaced)).toMatchObject({ action: "replace", adopts: ID, owner: "(known after up)" });
    expect(renderTable(replaced)).toContain(`± replace: keepers, adopts ${ID}`);
    expect(only(replaced).permissions).toMatchObject({
      added: ["read:/users/(known after up)", "write:/users/(known after up)"],
      removed: ["read:/users/me", "write:/users/me"],
    });
  });

  it("that an interrupted run may have adopted is in the state, with its risks", () => {
    const resource = {
      urn: `urn:pulumi:dev::p::${TOKEN.type}::root`,
      type: TOKEN.type,
      inputs: { org: "acme", operator: true, adopt: ID },
    };
    const pending = { resources: [], pending_operations: [{ type: "creating", resource }] };
    const state = makeReport(parseState(JSON.stringify({ version: 3, deployment: pending })));
    expect(summaryOf(state)).toBe(
      "0 InfluxDB tokens in the state, 1 that an interrupted run may have adopted. 1 open risk",
    );
    expect(only(state)).toMatchObject({ action: "adopt", adopts: ID, reasons: ["interrupted"] });
  });
});
