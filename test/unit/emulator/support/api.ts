import { startEmulator, type Emulator, type EmulatorOptions } from "../../../../emulator";
import { call, type HttpRequest, type HttpResponse } from "../../../contract/support/http";

/** An onboarded emulator, and short ways to ask it. */
export interface Api {
  readonly emulator: Emulator;
  /** The operator token. */
  readonly token: string;
  readonly userId: string;
  readonly orgId: string;
  readonly bucketId: string;
  /** `ask("GET /api/v2/orgs")`, by the operator unless another token, or none, is given. */
  readonly ask: (what: string, how?: Omit<HttpRequest, "method" | "path">) => Promise<HttpResponse>;
  /** A request that must succeed, and gives its body. */
  readonly get: <T>(what: string, body?: unknown) => Promise<T>;
  /** The token of a new authorization for the organization with these permissions, such as `read:users`. */
  readonly tokenFor: (...permissions: string[]) => Promise<string>;
}

export async function openApi(options: EmulatorOptions = {}): Promise<Api> {
  const emulator = await startEmulator({
    onboard: { username: "admin", org: "acme", bucket: "metrics" },
    ...options,
  });
  if (emulator.onboarded === undefined) throw new Error("not onboarded");
  const { token, ...ids } = emulator.onboarded;

  const ask: Api["ask"] = (what, how) => {
    const [method = "", path = ""] = what.split(" ");
    return call(emulator.url, { method, path, token, ...how });
  };
  const get: Api["get"] = async <T>(what: string, body?: unknown) => {
    const response = await ask(what, body === undefined ? {} : { body });
    if (response.status >= 300) throw new Error(`${what}: ${JSON.stringify(response.body)}`);
    return response.body as T;
  };
  const tokenFor: Api["tokenFor"] = async (...permissions) => {
    const made = await get<{ token: string }>("POST /api/v2/authorizations", {
      orgID: ids.orgId,
      permissions: permissions.map(toPermission),
    });
    return made.token;
  };
  return { emulator, token, ...ids, ask, get, tokenFor };
}

/** Of `read:orgs/<orgID>/buckets/<id>`, `read:buckets/<id>` or `read:buckets`. */
export function toPermission(text: string): object {
  const [action, path = ""] = text.split(":");
  const [, orgID, scoped = path] = /^orgs\/([0-9a-f]{16})\/(.+)$/.exec(path) ?? [];
  const [type, id] = scoped.split("/");
  return { action, resource: { type, id, orgID } };
}

/** The part of an error answer that a test is about. */
export function refusal({ status, body }: HttpResponse): [number, string] {
  return [status, (body as { message: string }).message];
}
