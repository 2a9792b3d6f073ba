import { permissionTable } from "../../../provider/permissions/table";
import { doneRows, secretOutputs } from "../engineOutput";
import type { Session } from "../session";
import { countOf, grantedTable, mapValues } from "../tokens";

/** Step 3: the server has to grant exactly what the preview showed. */
export async function create(session: Session): Promise<void> {
  const { server, engine, report, checks, declared } = session;
  const names = Object.keys(declared);
  const run = await session.pulumi("pulumi up", () => engine.up());
  report.quote([
    ...doneRows(run.stdout),
    "Outputs:",
    "    tokens:",
    ...secretOutputs(run.stdout).map((name) => `        ${name.padEnd(11)}: [secret]`),
  ]);
  report.line();

  checks.equal(`4 tokens and the stack itself were created, in ${run.seconds}`, run.resources, {
    created: 5,
  });
  checks.equal("every token is shown as [secret]", secretOutputs(run.stdout), names);
  session.checkRequests("requests that the server got", run, {
    "GET /api/v2/orgs": 1,
    "GET /api/v2/me": 1,
    "GET /api/v2/resources": 1,
    "GET /api/v2/buckets/{id}": 2,
    "POST /api/v2/authorizations": 4,
  });

  const tokens = await session.stackTokens();
  const made = new Map(
    (await server.authorizations())
      .filter(({ id }) => !session.before.includes(id))
      .map((authorization) => [authorization.id, permissionTable(authorization.permissions)]),
  );
  const granted = mapValues(tokens, ({ id }) => made.get(id));
  checks.equal("the server holds these 4 tokens and no other new one", made.size, 4);
  checks.equal(
    "the permissions on the server are those that the preview showed",
    granted,
    mapValues(declared, (token) => grantedTable(token, server)),
  );
  checks.equal(
    "operator has 44 permissions there, everything 43",
    [countOf(granted["operator"]), countOf(granted["everything"])],
    [44, 43],
  );
  checks.equal("the 4 values differ", new Set(Object.values(tokens).map(({ token }) => token)).size, 4);
  await checkState(session);
}

/** Encrypted in the file, and nowhere in it as they are. */
export async function checkState({ engine, checks }: Session): Promise<void> {
  const text = await engine.stateText();
  const state = JSON.parse(text) as {
    checkpoint: { latest: { resources: { type: string; outputs: Record<string, unknown> }[] } };
  };
  const kept = state.checkpoint.latest.resources
    .filter(({ type }) => type.endsWith(":InfluxToken"))
    .map(({ outputs }) => Object.keys(outputs["token"] ?? {}).includes("ciphertext"));
  checks.equal("the state file holds all 4 values encrypted", kept, [true, true, true, true]);
  checks.noSecret("no token value is in the state file", [text]);
}
