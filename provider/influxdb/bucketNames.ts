import { quoted } from "../text";
import { isId } from "../types";
import { type Directory, unlessRefused } from "./directory";

/** As a server answers, or a state has it. */
interface OnResource {
  readonly resource: {
    readonly type: string;
    readonly id?: string | null | undefined;
    readonly orgID?: string | null | undefined;
  };
}

/** What buckets of an organization are called. */
export interface BucketNames {
  /** By id: each name is that of one bucket only. */
  readonly names: ReadonlyMap<string, string>;
  /** Why a bucket is not among them, by id; to be read after the id. */
  readonly problems: ReadonlyMap<string, string>;
  /** Ids of those that the caller may not see, or that are gone: nothing is known of them. */
  readonly hidden: ReadonlySet<string>;
}

/** Ids of the single buckets that permissions within the organization name, in lower case. */
export function bucketIdsIn(permissions: readonly OnResource[], orgId: string): Set<string> {
  return new Set(
    permissions.flatMap(({ resource: { type, id, orgID } }) =>
      type === "buckets" && typeof id === "string" && orgID === orgId && isId(id) ? [id.toLowerCase()] : [],
    ),
  );
}

/**
 * Names of buckets, as far as the caller may see them: each is asked for by its id.
 *
 * @param listed names by id that are known already.
 */
export async function bucketNames(
  ids: ReadonlySet<string>,
  orgId: string,
  directory: Directory,
  listed: ReadonlyMap<string, string> = new Map(),
): Promise<BucketNames> {
  const names = new Map([...listed].filter(([id]) => ids.has(id)));
  const problems = new Map<string, string>();
  const hidden = new Set<string>();
  const unnamed = [...ids].filter((id) => !names.has(id));
  await Promise.all(
    unnamed.map(async (id) => {
      const gone = "is gone, or the caller's token may not see it";
      const look = directory.bucket(id).then((found) => found ?? gone);
      const bucket = (await unlessRefused(look)) ?? "is not for the caller's token to see";
      if (typeof bucket === "string") {
        hidden.add(id);
        problems.set(id, bucket);
      } else if (bucket.orgID === orgId) names.set(id, bucket.name);
      else problems.set(id, `is ${quoted(bucket.name)} of the organization ${bucket.orgID}`);
    }),
  );
  for (const [id, name] of sharedIn(names)) {
    names.delete(id);
    problems.set(id, `has the name ${quoted(name)}, and so has another one`);
  }
  return { names, problems, hidden };
}

/** A server has one bucket of a name. Whatever answers with two does not say which of them a name would be. */
function sharedIn(names: ReadonlyMap<string, string>): [string, string][] {
  const counts = new Map<string, number>();
  for (const name of names.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...names].filter(([, name]) => counts.get(name) !== 1);
}
