import { type Emulator, startEmulator, type StoredAuthorization } from "../../emulator";
import { ApiClient } from "../../scripts/apiClient";

/** An emulator with an operator, the organization `acme`, and what a test adds to it. */
export interface TestServer extends Emulator {
  readonly orgId: string;
  readonly operatorToken: string;
  readonly adminId: string;
  /** Sends a request as the operator and gives the body of the answer; fails for any answer but success. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Makes a bucket and gives its id. */
  makeBucket(name: string, orgID?: string): Promise<string>;
  /** Sets its clock to a moment for good, or back to what it was. */
  setClock(moment?: string): void;
  /** Requests since the last call, by endpoint. */
  countRequests(): Record<string, number>;
}

const OPERATOR_TOKEN = "operator-t0ken-that-must-not-leak";

/** @param options `now` is its clock. Default: this machine's. */
export async function startServer(
  options: { plainTokens?: boolean; now?: () => number } = {},
): Promise<TestServer> {
  const { now: clock = Date.now } = options;
  let now = clock;
  const emulator = await startEmulator({
    ...options,
    now: () => now(),
    onboard: { username: "admin", org: "acme", bucket: "primary", token: OPERATOR_TOKEN },
  });
  const { orgId = "", userId = "" } = emulator.onboarded ?? {};
  const api = new ApiClient(emulator.url, OPERATOR_TOKEN);
  const call: TestServer["call"] = (method, path, body) => api.demand(method, path, body);
  return {
    ...emulator,
    orgId,
    adminId: userId,
    operatorToken: OPERATOR_TOKEN,
    call,
    async makeBucket(name, orgID = orgId) {
      const { id } = await call<{ id: string }>("POST", "/api/v2/buckets", {
        name,
        orgID,
        retentionRules: [],
      });
      return id;
    },
    setClock(moment) {
      now = moment === undefined ? clock : () => Date.parse(moment);
    },
    countRequests() {
      const counts = emulator.requests.counts();
      emulator.requests.reset();
      return counts;
    },
  };
}

/** Makes a token that can make tokens for tasks, and nothing else. */
export function makeMaker(server: TestServer): Promise<StoredAuthorization> {
  const permissions = ["authorizations", "users", "orgs", "tasks"].flatMap((type) =>
    ["read", "write"].map((action) => ({ action, resource: { type } })),
  );
  const body = { orgID: server.orgId, description: "maker", permissions };
  return server.call("POST", "/api/v2/authorizations", body);
}
