import { doneRows, rows } from "../engineOutput";
import type { Session } from "../session";
import { declaredPermissions, formatted, grantedFor } from "../tokens";
import { checkState } from "./create";

const DESCRIPTION = "all rights in the organization, for backups";

/** Step 6: a server lets nobody change what a token may do, so that takes a new token. */
export async function edit(session: Session): Promise<void> {
  const { server, engine, report, checks } = session;
  const before = session.tokens;
  await session.configSet("influxdb:tokens.everything.description", DESCRIPTION, "path");
  await session.configSet("influxdb:tokens.dashboards.readTasks", "true", "path");
  session.declared = {
    ...session.declared,
    everything: { ...session.declared.everything, description: DESCRIPTION },
    dashboards: { ...session.declared.dashboards, readTasks: true },
  };
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
  const previewed = declaredPermissions(session.declared, server)["dashboards"] ?? [];
  checks.equal(
    "the server holds the new description, the new permissions, and no more the old token",
    [
      onServer.get(everything?.id ?? "")?.description,
      formatted(onServer.get(dashboards?.id ?? "")?.permissions ?? []),
      onServer.has(oldDashboards?.id ?? ""),
    ],
    [DESCRIPTION, grantedFor(previewed, server), false],
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
