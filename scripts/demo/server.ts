import { randomBytes } from "node:crypto";
import { type Emulator, startEmulator, type RequestLog } from "../../emulator";
import type { Authorization } from "../../provider/types";
import { ApiClient, RefusedError } from "../apiClient";

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The server that the demo runs on, with what it made there to make tokens for. */
export interface DemoServer {
  /** Asks as the operator, with the token that makes tokens. */
  readonly api: ApiClient;
  readonly operatorToken: string;
  /** What kind of server this is, for people. */
  readonly kind: string;
  /** Everything that the demo makes belongs to this organization, so that all of it can be found again. */
  readonly org: Named;
  /** Owner of the operator token. */
  readonly userId: string;
  readonly buckets: { readonly raw: Named; readonly daily: Named };
  /** Counts requests: on a server of somebody's own, others ask too. */
  readonly requests: RequestLog | undefined;
  /** The authorizations of the demo's organization. */
  authorizations(): Promise<Authorization[]>;
  /** Removes everything that was made for the demo, tokens included. */
  remove(): Promise<void>;
}

/** The server that INFLUX_HOST and INFLUX_TOKEN name, or an emulator of the demo's own without them. */
export async function openServer(env: NodeJS.ProcessEnv): Promise<DemoServer> {
  const host = (env["INFLUX_HOST"] ?? "").trim().replace(/\/+$/, "");
  const token = (env["INFLUX_TOKEN"] ?? "").trim();
  if (host === "" && token === "") {
    const emulator = await startEmulator({ onboard: { username: "admin", org: "admins", bucket: "admins" } });
    return prepare(emulator.url, emulator.onboarded?.token ?? "", "acme", emulator);
  }
  if (host === "" || token === "") {
    const [set, missing] = host === "" ? ["INFLUX_TOKEN", "INFLUX_HOST"] : ["INFLUX_HOST", "INFLUX_TOKEN"];
    throw new Error(
      `${set} is set and ${missing} is not: set both to run the demo on that server, or unset both to run it on an emulator.`,
    );
  }
  if (!/^https?:$/.test(URL.canParse(host) ? new URL(host).protocol : "")) {
    throw new Error(`INFLUX_HOST is not the URL of a server: give it like http://localhost:8086.`);
  }
  return prepare(host, token, `influx-token-demo-${randomBytes(4).toString("hex")}`);
}

/** Makes the demo's organization, with what its tokens are for. */
async function prepare(
  url: string,
  operatorToken: string,
  orgName: string,
  own?: Emulator,
): Promise<DemoServer> {
  const api = new ApiClient(url, operatorToken);
  const { version } = await api.demand<{ version: string }>("GET", "/health");
  const org = await makeOrganization(api, orgName);
  const remove = () => (own ? own.close() : removeOrganization(api, org.id));
  try {
    const makeBucket = (name: string): Promise<Named> =>
      api.demand("POST", "/api/v2/buckets", { orgID: org.id, name, retentionRules: [] });
    return {
      api,
      operatorToken,
      kind: own
        ? `an emulated InfluxDB ${version}, started here`
        : `the InfluxDB ${version} that INFLUX_HOST names; what is made there is removed at the end`,
      org,
      userId: (await api.demand<Named>("GET", "/api/v2/me")).id,
      buckets: { raw: await makeBucket("raw"), daily: await makeBucket("daily") },
      requests: own?.requests,
      authorizations: () => authorizationsOf(api, org.id),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function makeOrganization(api: ApiClient, name: string): Promise<Named> {
  const description = "Made by the demo of pulumi-influx-token, which removes it at its end";
  try {
    return await api.demand<Named>("POST", "/api/v2/orgs", { name, description });
  } catch (error) {
    if (!(error instanceof RefusedError) || (error.status !== 401 && error.status !== 403)) throw error;
    throw new Error(
      `${error.message}. INFLUX_TOKEN must be an operator token of that server: the demo makes an organization of its own, and tokens of every kind. \`influx auth create --operator\` makes one, or unset INFLUX_HOST and INFLUX_TOKEN to run on an emulator.`,
      { cause: error },
    );
  }
}

async function authorizationsOf(api: ApiClient, orgID: string): Promise<Authorization[]> {
  const path = `/api/v2/authorizations?orgID=${orgID}`;
  const { authorizations = [] } = await api.demand<{ authorizations?: Authorization[] }>("GET", path);
  // A server that did not know the filter would list everybody's.
  return authorizations.filter((authorization) => authorization.orgID === orgID);
}

/** Tokens first: a server keeps the tokens of an organization that is gone, and lists them no more. */
async function removeOrganization(api: ApiClient, orgID: string): Promise<void> {
  const remove = async (path: string): Promise<void> => {
    try {
      await api.demand("DELETE", path);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status !== 404) throw error;
    }
  };
  for (const { id } of await authorizationsOf(api, orgID)) await remove(`/api/v2/authorizations/${id}`);
  type Bucket = Named & { readonly orgID: string; readonly type: string };
  const { buckets } = await api.demand<{ buckets: Bucket[] }>("GET", `/api/v2/buckets?orgID=${orgID}`);
  const own = buckets.filter((bucket) => bucket.orgID === orgID && bucket.type === "user");
  for (const { id } of own) await remove(`/api/v2/buckets/${id}`);
  await remove(`/api/v2/orgs/${orgID}`);
}
