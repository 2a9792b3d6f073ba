import type { Caller } from "../authorize";
import type { Settings } from "../options";
import type { Store } from "../store";

/** What a handler may look at. */
export interface Request {
  readonly store: Store;
  readonly settings: Settings;
  /** What the path has in place of `{id}`, and of `{userID}`. */
  readonly id: string;
  readonly userID: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentEncoding: string | undefined;
}

export interface AuthenticatedRequest extends Request {
  readonly caller: Caller;
}

export interface Reply {
  readonly status: number;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, where there is no JSON. Default: no body. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A handler answers, or throws an `ApiError`. */
export type Handler<R extends Request = AuthenticatedRequest> = (request: R) => Reply;

/** Handlers by method; `*` takes every method. */
type Methods<R extends Request> = Readonly<Record<string, Handler<R>>>;

/** A path, for example `/api/v2/orgs/{id}`, and what answers there. */
export interface Route {
  readonly path: string;
  readonly methods?: Methods<AuthenticatedRequest>;
  /** These answer without a token. */
  readonly open?: Methods<Request>;
  /** How a method without a handler is refused. Default: 405 with nothing else, as most of the server's paths do. */
  readonly wrongMethod?: Reply;
}

export const ok = (json: unknown): Reply => ({ status: 200, json });
export const created = (json: unknown): Reply => ({ status: 201, json });
export const noContent: Reply = { status: 204 };
