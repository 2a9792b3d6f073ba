import { ForeignAnswerError, NetworkError, ServerError } from "../../../../provider/errors";
import type { InfluxClient, Request } from "../../../../provider/influxdb/client";
import type { Directory } from "../../../../provider/influxdb/directory";
import { PendingCreates } from "../../../../provider/influxdb/pendingCreates";
import type { Session } from "../../../../provider/influxdb/session";
import type { Authorization, NewAuthorization, Permission } from "../../../../provider/types";

export const ORG = "00000000000000a1";
export const CALLER = "00000000000000b1";
export const OTHER = "00000000000000b2";

/** No answer came, and nobody knows what was done. */
export const LOST = new NetworkError("cannot create the token: no answer", false);

export const reads = (...types: string[]): Permission[] =>
  types.map((type) => ({ action: "read", resource: { type, orgID: ORG } }));

export const BODY: NewAuthorization = { orgID: ORG, description: "ci", permissions: reads("tasks") };

/** The refusal of a server, which did nothing. */
export const refusal = (status: number, said = "", retryAfterMs = 0, nothingDone = true): ServerError =>
  new ServerError(`answered ${status}`, { status, said, own: true, nothingDone, retryAfterMs });

let lastId = 0;

/** A token as a server of 2.9 and later lists it: without its value. */
export function tokenOf(body: NewAuthorization, createdAtMs: number, more: object = {}): Authorization {
  lastId += 1;
  return {
    id: `d${String(lastId).padStart(15, "0")}`,
    status: body.status ?? "active",
    description: body.description ?? "",
    orgID: body.orgID,
    org: "acme",
    userID: body.userID ?? CALLER,
    user: "admin",
    permissions: body.permissions,
    links: {},
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(createdAtMs).toISOString(),
    ...more,
  };
}

/**
 * A server within the process, for the moments that no real one can be brought to: what it lists, when it lists it, and
 * by which clock, is set by the test.
 */
export class FakeServer implements InfluxClient {
  readonly host = "http://a";
  readonly tokenFrom = "INFLUX_TOKEN";
  retries = 2;
  readonly maxConcurrent = 16;
  timeoutMs = 2_000;
  clockAheadMs = 0;
  readonly tokens: Authorization[] = [];
  /** Methods and paths, in the order of the requests. */
  readonly asked: string[] = [];
  /** Whose token makes the requests; nobody may tell where there is none. */
  caller: string | undefined = CALLER;
  nowMs: () => number = Date.now;
  /** What happens to a request in place of the server's answer. */
  instead: (request: Request) => Promise<unknown> | undefined = () => undefined;

  readonly session: Session = {
    client: this,
    directory: {
      callerId: () =>
        this.caller === undefined ? Promise.reject(refusal(401)) : Promise.resolve(this.caller),
    } as Partial<Directory> as Directory,
    creates: new PendingCreates(),
    now: () => this.nowMs(),
  };

  uses(): boolean {
    return false;
  }

  request(request: Request): Promise<unknown> {
    this.asked.push(`${request.method} ${request.path}`);
    return this.instead(request) ?? this.answer(request);
  }

  /** What the server itself does. */
  answer({ method, path, body }: Request): Promise<unknown> {
    const { pathname, searchParams } = new URL(path, this.host);
    if (method === "POST") {
      const made = tokenOf(body as NewAuthorization, Date.now());
      this.tokens.push(made);
      return Promise.resolve({ ...made, token: `value of ${made.id}` });
    }
    if (searchParams.size > 0) {
      const [orgID, userID] = [searchParams.get("orgID"), searchParams.get("userID")];
      const authorizations = this.tokens.filter(
        (one) => (orgID ?? one.orgID) === one.orgID && (userID ?? one.userID) === one.userID,
      );
      return Promise.resolve({ authorizations });
    }
    const index = this.tokens.findIndex(({ id }) => pathname.endsWith(`/${id}`));
    if (index < 0) return Promise.reject(refusal(404, "authorization not found"));
    return Promise.resolve(method === "DELETE" ? void this.tokens.splice(index, 1) : this.tokens[index]);
  }

  identify(): Promise<string> {
    return Promise.resolve("");
  }

  foreignAnswer(purpose: string): Promise<ForeignAnswerError> {
    return Promise.resolve(new ForeignAnswerError(`cannot ${purpose}: a foreign answer`));
  }
}
