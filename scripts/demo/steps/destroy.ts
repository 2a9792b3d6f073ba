import { doneRows } from "../engineOutput";
import type { Session } from "../session";

/** Step 9: as it was before; and what was secret has stayed so. */
export async function destroy(session: Session): Promise<void> {
  const { server, engine, report, checks, secrets, before, tokens } = session;
  const run = await session.pulumi("pulumi destroy", () => engine.destroy());
  report.quote(doneRows(run.stdout));
  report.line();
  checks.equal(`4 tokens and the stack were deleted, in ${run.seconds}`, run.resources, { deleted: 5 });
  session.checkRequests("requests that the server got", run, { "DELETE /api/v2/authorizations/{id}": 4 });
  const left = (await server.authorizations()).map(({ id }) => id);
  checks.equal(
    before.length === 0
      ? "no token is left in the demo's organization"
      : "only the operator token of the setup is left on the server",
    left,
    before,
  );
  const request = { method: "GET", path: "/api/v2/resources" } as const;
  const statuses = await Promise.all(
    Object.values(tokens).map(async ({ token }) => (await session.call(request, token)).status),
  );
  checks.equal("the server refuses all 4 values (401)", statuses, [401, 401, 401, 401]);

  report.line();
  // The operator's, the four, and the one that replaced another.
  checks.equal("token values that the demo came to know: 6", secrets.size, 6);
  const files = await session.files();
  checks.noSecret(
    `none is in the ${files.length} files of the engine (state, backups, history, config)`,
    files,
  );
  checks.noSecret(`none is in what its ${session.captured.length / 2} commands printed`, session.captured);
  checks.noSecret("none is in what you read here", [report.unredacted]);
}
