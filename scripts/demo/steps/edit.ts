import { permissionTable } from "../../../provider/permissions/table";
import { doneRows, rows } from "../engineOutput";
import type { Session } from "../session";
import { tokenReport } from "../tokenReport";
import { grantedLines, grantedTable, mapValues } from "../tokens";
import { checkState } from "./create";

const DESCRIPTION = "all rights in the organization, for backups";

/** Step 6: a server lets nobody change what a token may do, so that takes a new token. */
export async function edit(session: Session): Promise<void> {
  const { server, engine, report, checks } = session;
  const before = session.tokens;
  await reportBefore(session);
  await session.configSet("influx-token:tokens.everything.description", DESCRIPTION, "path");
  await session.configSet("influx-token:tokens.dashboards.readTasks", "true", "path");
  session.declared = {
    ...session.declared,
    everything: { ...session.declared.everything, description: DESCRIPTION },
    dashboards: { ...session.declared.dashboards, readTasks: true },
  };
  await reportPending(session);
  const run = await session.pulumi("pulumi up", () => engine.up());
  report.quote(doneRows(run.stdout));
  report.line();

  const { updated, replaced } = run.resources;
  checks.equal("1 token was updated, 1 replaced", { updated, replaced }, { updated: 1, replaced: 1 });
  session.checkRequests("requests that the server got", run, {
    "GET /api/v2/orgs": 1,
    "POST /api/v2/authorizations": 1,
    "PATCH /api/v2/authorizations/{id}": 1,
    "DELETE /api/v2/authorizations/{id}": 1,
  });

  const { dashboards, everything, ...others } = await session.stackTokens();
  const { dashboards: oldDashboards, everything: oldEverything, ...oldOthers } = before;
  checks.equal("everything: another description, the same id and the same value", everything, {
    ...oldEverything,
    description: DESCRIPTION,
  });
  checks.equal(
    "dashboards: another id and another value",
    [dashboards?.id === oldDashboards?.id, dashboards?.token === oldDashboards?.token],
    [false, false],
  );
  checks.equal("the others are as they were", others, oldOthers);
  const steps = rows(run.stdout).filter(({ name }) => name === "dashboards");
  const at = (what: string): number => steps.findIndex((row) => row.what === what);
  checks.equal(
    "the old token was deleted after the new one was made",
    at("created replacement") >= 0 && at("created replacement") < at("deleting original"),
    true,
  );

  const onServer = new Map((await server.authorizations()).map((each) => [each.id, each]));
  checks.equal(
    "the server holds the new description, the new permissions, and no more the old token",
    [
      onServer.get(everything?.id ?? "")?.description,
      permissionTable(onServer.get(dashboards?.id ?? "")?.permissions ?? []),
      onServer.has(oldDashboards?.id ?? ""),
    ],
    [DESCRIPTION, grantedTable(session.declared.dashboards, server), false],
  );
  const list = { method: "GET", path: `/api/v2/buckets?orgID=${server.org.id}` } as const;
  checks.equal(
    "the new value opens the server (200), the old one no more (401)",
    [
      (await session.call(list, dashboards?.token)).status,
      (await session.call(list, oldDashboards?.token)).status,
    ],
    [200, 401],
  );
  await checkState(session);
}

/** What the tokens may do before the edit: what the server granted, as the stack's state has it. */
async function reportBefore(session: Session): Promise<void> {
  const { server, engine, report, checks } = session;
  const { tokens } = await tokenReport(
    session,
    "pulumi stack export",
    () => engine.run(["stack", "export"]),
    ["--state"],
  );
  checks.equal(
    "the report tells the permissions that the server granted",
    mapValues(tokens, ({ permissions }) => [...permissions.kept].sort()),
    mapValues(session.declared, (token) => grantedLines(token, server)),
  );
  checks.equal(
    "and which tokens are risky: everything and operator",
    mapValues(tokens, ({ risks }) => risks.map(({ id }) => id)),
    { dashboards: [], downsampler: [], everything: ["all-access-token"], operator: ["operator-token"] },
  );
  report.line();
}

/** What the edit will make of them, before it does. */
async function reportPending(session: Session): Promise<void> {
  const { server, engine, report, checks } = session;
  report.line();
  const { run, tokens } = await tokenReport(session, "pulumi preview --json --show-sames", () =>
    engine.preview(["--json", "--show-sames"]),
  );
  checks.equal(
    "the report tells what will happen, and why",
    mapValues(tokens, ({ action, reasons }) => [action, ...reasons]),
    {
      dashboards: ["replace", "permissions"],
      downsampler: ["same"],
      everything: ["update", "description"],
      operator: ["same"],
    },
  );
  checks.equal(
    "one permission comes, none goes",
    Object.values(tokens).flatMap(({ permissions: { added, removed } }) => [...added, ...removed]),
    [`read:orgs/${server.org.name}/tasks`],
  );
  session.checkRequests("requests that the server got", run, {});
  report.line();
}
