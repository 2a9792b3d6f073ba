/** What a permission lets its holder do: writing includes creating and deleting. */
export type Action = "read" | "write";

/** Lifecycle of a token: the server refuses an inactive one with 401 until it is active again. */
export type TokenStatus = "active" | "inactive";

/**
 * What a permission reaches, in wire shape. No `orgID`: every organization of the server.
 * No `id`: every resource of the type.
 */
export interface PermissionResource {
  /** The resource type as the API writes it, such as `buckets`. */
  type: string;
  /** 16 hex digits. */
  id?: string;
  /** 16 hex digits. */
  orgID?: string;
}

/** One permission in wire shape, as `POST /api/v2/authorizations` takes it. */
export interface Permission {
  /** `read` or `write`. */
  action: Action;
  /** What it reaches. */
  resource: PermissionResource;
}

/** The server's answer also names what the ids stand for. Source: `GET /api/v2/authorizations/{id}`. */
export interface NamedPermission {
  action: Action;
  resource: PermissionResource & { name?: string; org?: string };
}

/** Body of `POST /api/v2/authorizations`. */
export interface NewAuthorization {
  orgID: string;
  /** The owner. Default: the caller. */
  userID?: string;
  description?: string;
  status?: TokenStatus;
  permissions: Permission[];
}

/** An authorization as the server answers it: the record around a token. */
export interface Authorization {
  id: string;
  /** The secret. Empty, `redacted` or absent where the server stores tokens hashed (2.9 on, Cloud). */
  token?: string;
  status: TokenStatus;
  description: string;
  orgID: string;
  org: string;
  userID: string;
  user: string;
  permissions: NamedPermission[];
  links: Record<string, string>;
  /** RFC 3339. */
  createdAt: string;
  /** RFC 3339. */
  updatedAt: string;
}

/** An organization by its name or its id: one of them, or both where the state has both. */
export interface Organization {
  readonly org?: string;
  /** 16 hex digits, lower case. */
  readonly orgId?: string;
}

/** A bucket, as far as a token depends on it. Source: `GET /api/v2/buckets/{id}`. */
export interface Bucket {
  readonly id: string;
  readonly orgID: string;
  readonly name: string;
  /** `system`: the server made it, and it opens only to who may read its organization. */
  readonly type: "user" | "system";
}

/** Whether the text is an id as InfluxDB writes it: 16 hex digits, not all zeros. Either case is accepted. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{16}$/i.test(text) && !/^0+$/.test(text);
}

/** The token, where the answer holds it: servers that store it hashed leave it out, Cloud writes `redacted`. */
export function tokenValueIn({ token }: Authorization): string | undefined {
  return token === undefined || token === "" || token === "redacted" ? undefined : token;
}

/** How to reach the server and with which token: what the CLI's global flags say. */
export interface ConnectionInputs {
  /** URL of the server. Default: `http://localhost:8086`. Mirrors `--host`. */
  readonly host?: string;
  /** The token that makes tokens. Secret. Mirrors `--token`. */
  readonly token?: string;
  /** Accept any TLS certificate. Default: `false`. Mirrors `--skip-verify`. */
  readonly skipVerify?: boolean;
  /** Profile in the CLI's configs file. Default: the one that is marked active. Mirrors `--active-config`. */
  readonly activeConfig?: string;
  /** The CLI's configs file. Default: `~/.influxdbv2/configs`. Mirrors `--configs-path`. */
  readonly configsPath?: string;
  /** Log each exchange to stderr, secrets redacted. Default: `false`. Mirrors `--http-debug`. */
  readonly httpDebug?: boolean;
  /** PEM file of the authorities to trust, in place of the machine's own. */
  readonly caFile?: string;
  /** PEM file of a client certificate; needs `keyFile`. */
  readonly certFile?: string;
  /** PEM file of the client certificate's key; needs `certFile`. */
  readonly keyFile?: string;
  /** How long a request may take, its retries included: milliseconds. Default: 60,000. */
  readonly timeoutMs?: number;
  /** How often a request that failed is retried at most. Default: 4. */
  readonly retries?: number;
  /** How many requests may be in flight at the host at once. Default: 16. */
  readonly maxConcurrent?: number;
}
