import { randomBytes } from "node:crypto";
import { startEmulator } from "../../../emulator";
import { call, type HttpRequest } from "./http";
import type { Bindings } from "./compare";
import { AUTHORIZATIONS, authorizationsOf, serverWideNames, type Recording } from "./recording";

/** A server to replay a recording on, furnished with what the recording takes for granted. */
export interface Target {
  readonly url: string;
  readonly operatorToken: string;
  /** What the recordings' names are called here. */
  readonly names: ReadonlyMap<string, string>;
  /** What is known before the first exchange. */
  readonly bindings: Bindings;
  /** Set where the server is not the recorded one: then only what every version shares is compared. */
  readonly leniency: Leniency | undefined;
  /** Remembers something that the replay made, to remove it afterwards. */
  readonly made: (path: string) => void;
  /** Removes everything made here. */
  readonly remove: () => Promise<void>;
}

export interface Leniency {
  /** Whether this server shows a token in other answers than the one that creates it. */
  readonly showsTokens: boolean;
}

const FURNISHED_NAMES = ["acme", "umbrella", "metrics", "elsewhere", "archive", "staging", "ci"];

/** The operator token of the recorded servers, which their lists show. */
const RECORDED_OPERATOR_TOKEN = "operator-token-0001";

/** Whether the server of this version keeps tokens in plain text. */
function keepsPlainTokens(version: string): boolean {
  return Number(version.split(".")[1]) < 9;
}

/** The real server to run on, in a list: none where the environment names none. */
export function realServers(): { url: string; token: string }[] {
  const { INFLUX_HOST: url = "", INFLUX_TOKEN: token = "" } = process.env;
  return url === "" || token === "" ? [] : [{ url, token }];
}

/** An emulator of the recorded server. */
export async function emulatorTarget({ server }: Recording): Promise<Target> {
  const emulator = await startEmulator({ plainTokens: keepsPlainTokens(server), version: `v${server}` });
  const setup = await post(emulator.url, undefined, "/api/v2/setup", {
    username: "admin",
    password: "not-a-secret",
    org: "acme",
    bucket: "metrics",
    token: RECORDED_OPERATOR_TOKEN,
  });
  const bindings: Bindings = new Map([
    ["admin", idOf(setup["user"])],
    ["org", idOf(setup["org"])],
    ["bucket", idOf(setup["bucket"])],
    ["operator-auth", idOf(setup["auth"])],
  ]);
  const target: Target = {
    url: emulator.url,
    operatorToken: RECORDED_OPERATOR_TOKEN,
    names: new Map(),
    bindings,
    leniency: undefined,
    made: () => undefined,
    remove: () => emulator.close(),
  };
  try {
    await furnish(target);
  } catch (error) {
    await emulator.close();
    throw error;
  }
  return target;
}

/**
 * A real server. Everything made there has a name of its own and is removed again, also after a failure.
 * @param operatorToken - may do everything; its owner plays `admin`.
 * @param recording - what is to be replayed there.
 */
export async function realTarget(url: string, operatorToken: string, recording?: Recording): Promise<Target> {
  const suffix = randomBytes(4).toString("hex");
  const paths: string[] = [];
  const me = await call(url, { method: "GET", path: "/api/v2/me", token: operatorToken });
  if (me.status !== 200) throw new Error(`INFLUX_TOKEN at ${url}: ${JSON.stringify(me.body)}`);
  const { id, name } = me.body as { id: string; name: string };
  const names = new Map(
    [...FURNISHED_NAMES, ...(recording === undefined ? [] : serverWideNames(recording))].map((recorded) => [
      recorded,
      `${recorded}-contract-${suffix}`,
    ]),
  );
  const target: Target = {
    url,
    operatorToken,
    names: names.set("admin", name),
    bindings: new Map([["admin", id]]),
    get leniency() {
      return { showsTokens };
    },
    made: (path) => void paths.push(path),
    remove: async () => {
      const left: string[] = [];
      // What was made last goes first: a bucket before its organization, and a token before its owner and its
      // organization, for without them no list shows it.
      for (const path of paths.reverse()) {
        for (const each of [...(await unclaimedTokens(target, path)), path]) {
          const { status, body } = await call(url, { method: "DELETE", path: each, token: operatorToken });
          if (status !== 204 && status !== 404) left.push(`${each}: ${status} ${JSON.stringify(body)}`);
        }
      }
      if (left.length > 0) throw new Error(`could not be removed from ${url}:\n${left.join("\n")}`);
    },
  };
  let showsTokens = false;
  try {
    await furnish(target);
    showsTokens = await shownTokens(target);
  } catch (error) {
    await target.remove();
    throw error;
  }
  return target;
}

/** Tokens of an organization that is about to be removed, which nobody told of: the answer to their making was lost. */
async function unclaimedTokens({ url, operatorToken }: Target, path: string): Promise<string[]> {
  const orgID = /^\/api\/v2\/orgs\/([0-9a-f]{16})$/.exec(path)?.[1];
  if (orgID === undefined) return [];
  const list = `${AUTHORIZATIONS}?orgID=${orgID}`;
  const { body } = await call(url, { method: "GET", path: list, token: operatorToken });
  return authorizationsOf(body).map(({ id }) => `${AUTHORIZATIONS}/${id}`);
}

/** Makes the organizations, buckets and users that the recording takes for granted and the target lacks. */
async function furnish(target: Target): Promise<void> {
  const { bindings } = target;
  const bucket = (name: string, org: string) => () => ({
    name: nameOf(name),
    orgID: bindings.get(org),
    retentionRules: [],
  });
  const wanted: [string, string, () => Record<string, unknown>][] = [
    ["org", "/api/v2/orgs", () => ({ name: nameOf("acme") })],
    ["org2", "/api/v2/orgs", () => ({ name: nameOf("umbrella") })],
    ["ci", "/api/v2/users", () => ({ name: nameOf("ci") })],
    ["bucket", "/api/v2/buckets", bucket("metrics", "org")],
    ["bucket2", "/api/v2/buckets", bucket("elsewhere", "org2")],
    ["bucket3", "/api/v2/buckets", bucket("archive", "org")],
    ["bucket4", "/api/v2/buckets", bucket("staging", "org")],
  ];
  for (const [binding, path, body] of wanted) {
    if (bindings.has(binding)) continue;
    const id = idOf(await post(target.url, target.operatorToken, path, body()));
    target.made(`${path}/${id}`);
    bindings.set(binding, id);
  }
  bindings.set("monitoring", await systemBucket(target, "_monitoring"));

  function nameOf(recorded: string): string {
    return target.names.get(recorded) ?? recorded;
  }
}

async function systemBucket({ url, operatorToken, bindings }: Target, name: string): Promise<string> {
  const path = `/api/v2/buckets?orgID=${bindings.get("org") ?? ""}&name=${name}`;
  const { status, body } = await call(url, { method: "GET", path, token: operatorToken });
  const [bucket] = (body as { buckets?: unknown[] }).buckets ?? [];
  if (bucket === undefined) throw new Error(`GET ${path} answered ${status} ${JSON.stringify(body)}`);
  return idOf(bucket);
}

async function shownTokens({ url, operatorToken, bindings, made }: Target): Promise<boolean> {
  const orgID = bindings.get("org");
  const probe = await post(url, operatorToken, AUTHORIZATIONS, {
    orgID,
    description: "contract suite: are tokens shown again?",
    permissions: [{ action: "read", resource: { type: "tasks", orgID } }],
  });
  const path = `${AUTHORIZATIONS}/${idOf(probe)}`;
  made(path);
  const { body } = await call(url, { method: "GET", path, token: operatorToken });
  return (body as { token?: string }).token === probe["token"];
}

/** A request that must succeed. */
export async function post(
  url: string,
  token: string | undefined,
  path: string,
  body: HttpRequest["body"],
): Promise<Record<string, unknown>> {
  const response = await call(url, { method: "POST", path, token, body });
  if (response.status !== 201) {
    throw new Error(`POST ${path} answered ${String(response.status)} ${JSON.stringify(response.body)}`);
  }
  return response.body as Record<string, unknown>;
}

export function idOf(body: unknown): string {
  return (body as { id: string }).id;
}
