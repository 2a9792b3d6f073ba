import autocannon from "autocannon";
import { startServer, type BenchServer } from "./server";

const TOKENS = 10_000;
const CONNECTIONS = 16;
const SECONDS = 8;
/** Each connection asks for the ids in turn: one in ten reaches tokens all over the store. */
const EVERY = 10;
const PATH = "/api/v2/authorizations";

/** How many `GET` by id an emulator of its own answers in a second, with 10,000 tokens. It has one thread. */
export async function measureEmulator(opened: (server: BenchServer) => void): Promise<number> {
  const server = await startServer();
  opened(server);
  try {
    const headers = { Authorization: `Token ${server.operatorToken}` };
    const { orgId, bucketId, url } = server;
    const permissions = ["read", "write"].map((action) => ({
      action,
      resource: { type: "buckets", id: bucketId, orgID: orgId },
    }));
    const filled = await autocannon({
      url: url + PATH,
      method: "POST",
      headers,
      body: JSON.stringify({ orgID: orgId, description: "of the benchmark", permissions }),
      connections: CONNECTIONS,
      amount: TOKENS,
    });
    refuseFailures(filled);
    const { authorizations } = await server.call<{ authorizations: { id: string }[] }>("GET", PATH);
    const asked = authorizations.filter((_, index) => index % EVERY === 0);
    const result = await autocannon({
      url,
      headers,
      requests: asked.map(({ id }) => ({ path: `${PATH}/${id}` })),
      connections: CONNECTIONS,
      duration: SECONDS,
    });
    refuseFailures(result);
    return result.requests.average;
  } finally {
    await server.close();
  }
}

function refuseFailures({ non2xx, errors }: autocannon.Result): void {
  if (non2xx + errors > 0) {
    throw new Error(`the emulator refused ${non2xx} requests under load, and ${errors} had no answer`);
  }
}
