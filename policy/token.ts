import { BUCKET_FLAGS, OWN, SWITCHES } from "../provider/permissions/expand";
import { permissionsOfFlags } from "../provider/permissions/risks";
import type { Action, Permission } from "../provider/types";

/** The inputs of a resource as the policy host presents them: to look at one that is not known yet throws. */
export type Props = Readonly<Record<string, unknown>>;

/** What a token may do, as far as a preview knows. */
export interface Grant {
  readonly held: readonly Permission[];
  /**
   * What the policy host threw at the first input that is not known and might add to `held`. Thrown on, the host tells
   * that the policy could not be run during the preview; `pulumi up` runs it before the token is made.
   */
  readonly open?: Error;
  /** Whether there are permissions that no input asks for: what they are is written for eyes, and not read. */
  readonly isUntold: boolean;
}

/** Reads what the flags grant. A preview may not know one where it knows the other. */
export function readGrant(props: Props): Grant {
  const switches = SWITCHES.map((name) => [name, known(() => props[name])] as const);
  const raised = switches.filter(([, value]) => value === true).map(([name]) => name);
  const buckets = Object.entries(BUCKET_FLAGS).map(([name, action]) => bucketsOf(props, name, action));
  const held = [
    ...raised.flatMap((name) => permissionsOfFlags({ [name]: true })),
    ...buckets.flatMap((grant) => grant.held),
  ];
  const openFlag = [...switches.map(([, value]) => value), ...buckets.map(({ open }) => open)].find(isError);
  const isAsked = held.length > 0 || openFlag !== undefined;
  const table = isAsked ? undefined : known(() => props["permissions"]);
  const open = openFlag ?? (isError(table) ? table : undefined);
  return {
    held,
    ...(open !== undefined && { open }),
    isUntold: !isAsked && open === undefined && table !== undefined && table !== null,
  };
}

/**
 * Risk id to an empty reason: a reason may not be known yet, or be a secret.
 *
 * @throws what the policy host throws where it is not known which risks are acknowledged.
 */
export function readAcknowledged(props: Props): Record<string, string> {
  const { acknowledge } = props;
  const ids = typeof acknowledge === "object" && acknowledge !== null ? Object.keys(acknowledge) : [];
  return Object.fromEntries(ids.map((id) => [id, ""]));
}

/** The value, or what the policy host throws where it is not known. */
function known(look: () => unknown): unknown {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}

/** Each element by itself: the list is known where one of them is not. */
function elements(list: unknown): unknown[] {
  return Array.isArray(list) ? Array.from({ length: list.length }, (_, n) => known(() => list[n])) : [];
}

/** Whatever the id is, it is one bucket: that it is not known yet leaves nothing open. */
function bucketsOf(props: Props, name: string, action: Action): Omit<Grant, "isUntold"> {
  const list = known(() => props[name]);
  const held = elements(list).map((id): Permission => {
    const which = typeof id === "string" ? id : "not known yet";
    return { action, resource: { type: "buckets", id: which, orgID: OWN.orgId } };
  });
  return { held, ...(isError(list) && { open: list }) };
}
