import { changedProperties } from "../engineOutput";
import type { Session } from "../session";

/** Step 7: somebody switched a token off by hand. */
export async function findDrift(session: Session): Promise<void> {
  const { server, engine, report, checks } = session;
  const before = session.tokens;
  const { id = "", token = "" } = before["downsampler"] ?? {};
  const path = `/api/v2/authorizations/${id}`;
  report.command(`influx auth inactive --id ${id}    (done here by PATCH ${path})`);
  const patched = await session.call({ method: "PATCH", path, body: { status: "inactive" } });
  checks.equal("the token downsampler is switched off behind the stack's back", patched.status, 200);
  const write = {
    method: "POST",
    path: `/api/v2/write?orgID=${server.org.id}&bucket=${server.buckets.daily.id}`,
    body: "demo value=2",
  } as const;
  const refused = (await session.call(write, token)).status;
  checks.equal("the server refuses it", refused === 401 || refused === 403, true);

  const refresh = await session.pulumi("pulumi refresh --diff", () => engine.refresh(["--diff"]));
  report.quote([
    "~ InfluxToken downsampler",
    ...changedProperties(refresh.stdout).map((line) => `    ${line}`),
  ]);
  report.line();
  checks.equal("the refresh finds and shows that, and nothing else", changedProperties(refresh.stdout), [
    '~ status: "active" => "inactive"',
  ]);
  checks.equal("1 token differs", refresh.resources, { updated: 1, unchanged: 4 });
  session.checkRequests("requests that the server got", refresh, {
    "GET /api/v2/authorizations/{id}": 4,
  });
  const found = await session.stackTokens();
  checks.equal("the stack now knows it as inactive", found["downsampler"]?.status, "inactive");

  const up = await session.pulumi("pulumi up", () => engine.up());
  checks.equal(`1 token was updated, in ${up.seconds}`, up.resources, { updated: 1, unchanged: 4 });
  session.checkRequests("requests that the server got", up, { "PATCH /api/v2/authorizations/{id}": 1 });
  const mended = (await server.authorizations()).find((authorization) => authorization.id === id);
  checks.equal("it is active on the server again", mended?.status, "active");
  checks.equal("with the same id and the same value, like all others", await session.stackTokens(), before);
  checks.equal("and it writes again (204)", (await session.call(write, token)).status, 204);
}

/** Step 8: a server that keeps tokens hashed does not tell them again, and a refresh must not lose them. */
export async function findNoDrift(session: Session): Promise<void> {
  const { engine, checks } = session;
  const before = session.tokens;
  const run = await session.pulumi("pulumi refresh", () => engine.refresh());
  checks.equal(`4 tokens and the stack are unchanged, after ${run.seconds}`, run.resources, { unchanged: 5 });
  session.checkRequests("requests that the server got", run, { "GET /api/v2/authorizations/{id}": 4 });
  checks.equal("every token keeps its id and its value", await session.stackTokens(), before);
}
