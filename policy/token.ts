import { canonicalReference, standInFor } from "../provider/permissions/bucketReference";
import { BUCKET_FLAGS, EXTRA, OWN, SWITCHES } from "../provider/permissions/expand";
import { permissionsOfFlags } from "../provider/permissions/risks";
import type { Action, Permission } from "../provider/types";

/** The inputs of a resource as the policy host gives them: to read one that is not known yet throws. */
export type Props = Readonly<Record<string, unknown>>;

/** What a token may do, as far as a preview knows. */
export interface Grant {
  readonly held: readonly Permission[];
  /**
   * What the policy host threw at the first input that is not known and might add to `held`. A policy throws it again:
   * then the host says that it cannot run the policy in the preview, and `pulumi up` runs it before the token is made.
   */
  readonly unknown?: Error;
  /** Whether the token has permissions that no input asks for. */
  readonly isUndeclared: boolean;
}

/** Reads what the flags grant. A preview may know some of them only. */
export function readGrant(props: Props): Grant {
  const switches = SWITCHES.map((name) => [name, valueOrError(() => props[name])] as const);
  const raised = switches.filter(([, value]) => value === true).map(([name]) => name);
  const buckets = Object.entries(BUCKET_FLAGS).map(([name, action]) => bucketsOf(props, name, action));
  const extra = extraOf(props);
  const held = [
    ...raised.flatMap((name) => permissionsOfFlags({ [name]: true })),
    ...buckets.flatMap((grant) => grant.held),
    ...extra.held,
  ];
  const flags = [...switches.map(([, value]) => value), ...[...buckets, extra].map((grant) => grant.unknown)];
  const unknown = flags.find(isError);
  if (unknown !== undefined) return { held, unknown, isUndeclared: false };
  if (held.length > 0) return { held, isUndeclared: false };
  const table = valueOrError(() => props["permissions"]) ?? undefined;
  return isError(table)
    ? { held, unknown: table, isUndeclared: false }
    : { held, isUndeclared: table !== undefined };
}

/**
 * Reads the ids of the acknowledged risks, each with an empty reason: the reason may not be known yet, or be a secret.
 *
 * @throws what the policy host throws where the ids are not known.
 */
export function readAcknowledged(props: Props): Record<string, string> {
  const { acknowledge } = props;
  const ids = typeof acknowledge === "object" && acknowledge !== null ? Object.keys(acknowledge) : [];
  return Object.fromEntries(ids.map((id) => [id, ""]));
}

/** The value, or what the policy host throws where it is not known. */
export function valueOrError(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}

/** Each element by itself: the list may be known where one of them is not. */
function elements(list: unknown): unknown[] {
  return Array.isArray(list)
    ? Array.from({ length: list.length }, (_, n) => valueOrError(() => list[n]))
    : [];
}

/** An id that is not known yet makes nothing unknown: whatever it is, it is one bucket. */
function bucketsOf(props: Props, name: string, action: Action): Omit<Grant, "isUndeclared"> {
  const list = valueOrError(() => props[name]);
  const held = elements(list).map((id): Permission => {
    const which = typeof id === "string" ? standInFor(canonicalReference(id)) : "not known yet";
    return { action, resource: { type: "buckets", id: which, orgID: OWN.orgId } };
  });
  return { held, ...(isError(list) && { unknown: list }) };
}

/** What is known of the extra permissions. A key says what it reaches, whatever is done to it. */
function extraOf(props: Props): Omit<Grant, "isUndeclared"> {
  const extra = valueOrError(() => props[EXTRA]);
  if (isError(extra)) return { held: [], unknown: extra };
  if (typeof extra !== "object" || extra === null) return { held: [] };
  const values = Object.keys(extra).map((key) => [key, valueOrError(() => (extra as Props)[key])] as const);
  const held = values.flatMap(([key, actions]) =>
    typeof actions === "string" ? permissionsOfFlags({ [EXTRA]: { [key]: actions } }) : [],
  );
  const unknown = values.map(([, actions]) => actions).find(isError);
  return { held, ...(unknown !== undefined && { unknown }) };
}
