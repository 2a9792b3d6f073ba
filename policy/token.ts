import { TYPE_FLAGS } from "../provider/permissions/catalogue";
import { BUCKET_FLAGS, PRESETS } from "../provider/permissions/expand";
import { permissionsOfFlags } from "../provider/permissions/risks";
import type { Action, Permission } from "../provider/types";
import { readPermission } from "../report/permission";

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
}

/**
 * Reads what is granted from the list of permissions and from the flags: each of them may be missing, and a preview
 * may not know one where it knows the other.
 */
export function readGrant(props: Props): Grant {
  const list = known(() => props["permissions"]);
  const listed = elements(list).map((text) => readListed(text, props));
  const switches = [...PRESETS, ...TYPE_FLAGS.keys()].map(
    (name) => [name, known(() => props[name])] as const,
  );
  const raised = switches.filter(([, value]) => value === true);
  const buckets = Object.entries(BUCKET_FLAGS).map(([name, action]) => bucketsOf(props, name, action));

  const held = [
    ...listed.flatMap((permission) => (permission instanceof Error ? [] : (permission ?? []))),
    ...permissionsOfFlags(Object.fromEntries(raised)),
    ...buckets.flatMap((grant) => grant.held),
  ];
  const openFlag = [...switches.map(([, value]) => value), ...buckets.map(({ open }) => open)].find(isError);
  // What is open in the list is so because of a flag. Where no flag tells more, the list is all there is.
  const toldByFlags = raised.length > 0 || buckets.some((grant) => grant.held.length > 0);
  const open = openFlag ?? (toldByFlags ? undefined : [list, ...listed].find(isError));
  return { held, ...(open !== undefined && { open }) };
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

function readListed(text: unknown, props: Props): Permission | Error | undefined {
  if (typeof text !== "string") return isError(text) ? text : undefined;
  const org = known(() => props["org"] ?? props["orgId"]);
  return readPermission(text, typeof org === "string" ? org : "");
}

/** Whatever the id is, it is one bucket: that it is not known yet leaves nothing open. */
function bucketsOf(props: Props, name: string, action: Action): Grant {
  const list = known(() => props[name]);
  const held = elements(list).map((id): Permission => {
    return { action, resource: { type: "buckets", id: typeof id === "string" ? id : "not known yet" } };
  });
  return { held, ...(isError(list) && { open: list }) };
}
