import { randomBytes } from "node:crypto";
import { startEmulator, type RequestLog } from "../../emulator";
import type { Authorization } from "../../provider/types";
import { demand, RefusedError } from "./api";

interface Named {
  readonly id: string;
  readonly name: string;
}

/** The server that the demo runs on, with what it made there to make tokens for. */
export interface DemoServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** The token that makes tokens. */
  readonly operatorToken: string;
  /** What kind of server this is, for people. */
  readonly kind: string;
  readonly org: Named;
  /** Owner of the operator token. */
  readonly userId: string;
  readonly buckets: { readonly raw: Named; readonly daily: Named };
  /** Counts requests: only a server of the demo's own can tell that nobody else asked. */
  readonly requests: RequestLog | undefined;
  /** The authorizations of the demo's organization. */
  authorizations(): Promise<Authorization[]>;
  /** Removes everything that was made for the demo, tokens included. */
  remove(): Promise<void>;
}

/** The server that INFLUX_HOST and INFLUX_TOKEN name, or an emulator of the demo's own without them. */
export function openServer(env: NodeJS.ProcessEnv): Promise<DemoServer> {
  const host = (env["INFLUX_HOST"] ?? "").trim().replace(/\/+$/, "");
  const token = (env["INFLUX_TOKEN"] ?? "").trim();
  if (host === "" && token === "") return startOwnServer();
  if (host === "" || token === "") {
    const [set, missing] = host === "" ? ["INFLUX_TOKEN", "INFLUX_HOST"] : ["INFLUX_HOST", "INFLUX_TOKEN"];
    throw new Error(
      `${set} is set and ${missing} is not: set both to run the demo on that server, or unset both to run it on an emulator.`,
    );
  }
  if (!/^https?:$/.test(URL.canParse(host) ? new URL(host).protocol : "")) {
    throw new Error(`INFLUX_HOST is not the URL of a server: give it like http://localhost:8086.`);
  }
  return useServer(host, token);
}

async function startOwnServer(): Promise<DemoServer> {
  const emulator = await startEmulator();
  const { url, requests } = emulator;
  try {
    const { user, org, bucket, auth } = await demand<{
      user: Named;
      org: Named;
      bucket: Named;
      auth: { token: string };
    }>(url, undefined, {
      method: "POST",
      path: "/api/v2/setup",
      body: {
        username: "admin",
        password: randomBytes(12).toString("hex"),
        org: "acme",
        bucket: "raw",
      },
    });
    const operatorToken = auth.token;
    const daily = await makeBucket(url, operatorToken, org.id, "daily");
    return {
      url,
      operatorToken,
      kind: `an emulated InfluxDB ${await versionOf(url)}, started here and set up by POST /api/v2/setup`,
      org,
      userId: user.id,
      buckets: { raw: bucket, daily },
      requests,
      authorizations: () => authorizationsOf(url, operatorToken, org.id),
      remove: () => emulator.close(),
    };
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

async function useServer(url: string, operatorToken: string): Promise<DemoServer> {
  const version = await versionOf(url);
  const org = await makeOrganization(url, operatorToken);
  const remove = (): Promise<void> => removeOrganization(url, operatorToken, org.id);
  try {
    const me = await demand<Named>(url, operatorToken, { method: "GET", path: "/api/v2/me" });
    return {
      url,
      operatorToken,
      kind: `the InfluxDB ${version} that INFLUX_HOST names; what is made there is removed at the end`,
      org,
      userId: me.id,
      buckets: {
        raw: await makeBucket(url, operatorToken, org.id, "raw"),
        daily: await makeBucket(url, operatorToken, org.id, "daily"),
      },
      requests: undefined,
      authorizations: () => authorizationsOf(url, operatorToken, org.id),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Everything else that the demo makes belongs to this organization, so that all of it can be found again. */
async function makeOrganization(url: string, token: string): Promise<Named> {
  const name = `influx-token-demo-${randomBytes(4).toString("hex")}`;
  const body = { name, description: "Made by the demo of pulumi-influx-token, which removes it at its end" };
  try {
    return await demand<Named>(url, token, { method: "POST", path: "/api/v2/orgs", body });
  } catch (error) {
    if (!(error instanceof RefusedError) || (error.status !== 401 && error.status !== 403)) throw error;
    throw new Error(
      `${error.message}. INFLUX_TOKEN must be an operator token of that server: the demo makes an organization of its own, and tokens of every kind. \`influx auth create --operator\` makes one, or unset INFLUX_HOST and INFLUX_TOKEN to run on an emulator.`,
      { cause: error },
    );
  }
}

function makeBucket(url: string, token: string, orgID: string, name: string): Promise<Named> {
  const body = { orgID, name, retentionRules: [] };
  return demand<Named>(url, token, { method: "POST", path: "/api/v2/buckets", body });
}

async function authorizationsOf(url: string, token: string, orgID: string): Promise<Authorization[]> {
  const path = `/api/v2/authorizations?orgID=${orgID}`;
  const answer = await demand<{ authorizations?: Authorization[] }>(url, token, { method: "GET", path });
  // A server that did not know the filter would list everybody's.
  return (answer.authorizations ?? []).filter((authorization) => authorization.orgID === orgID);
}

/** Tokens first: a server keeps the tokens of an organization that is gone, and lists them no more. */
async function removeOrganization(url: string, token: string, orgID: string): Promise<void> {
  const remove = async (path: string): Promise<void> => {
    try {
      await demand(url, token, { method: "DELETE", path });
    } catch (error) {
      if (!(error instanceof RefusedError) || error.status !== 404) throw error;
    }
  };
  for (const { id } of await authorizationsOf(url, token, orgID))
    await remove(`/api/v2/authorizations/${id}`);
  const path = `/api/v2/buckets?orgID=${orgID}`;
  const { buckets = [] } = await demand<{ buckets?: (Named & { orgID: string; type: string })[] }>(
    url,
    token,
    {
      method: "GET",
      path,
    },
  );
  for (const bucket of buckets) {
    if (bucket.orgID === orgID && bucket.type === "user") await remove(`/api/v2/buckets/${bucket.id}`);
  }
  await remove(`/api/v2/orgs/${orgID}`);
}

async function versionOf(url: string): Promise<string> {
  const { version = "" } = await demand<{ version?: string } | undefined>(url, undefined, {
    method: "GET",
    path: "/health",
  }).then((health) => health ?? {});
  return version;
}
