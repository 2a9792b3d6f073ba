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

/**
 * Handlers by endpoint, for example `GET /api/v2/orgs/{id}`. `*` in place of the method takes those that have no
 * handler of their own.
 */
export type Routes<R extends Request = AuthenticatedRequest> = Readonly<Record<string, Handler<R>>>;

export const ok = (json: unknown): Reply => ({ status: 200, json });
export const created = (json: unknown): Reply => ({ status: 201, json });
export const noContent: Reply = { status: 204 };
