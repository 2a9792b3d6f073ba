import type { Directory } from "./influxdb/directory";
import { nameIn, referenceTo } from "./permissions/bucketReference";
import { BUCKET_FLAGS } from "./permissions/expand";
import type { Log } from "./runtime";
import type { BucketIds, InfluxTokenState } from "./token/state";
import { quoted } from "./text";

/** What refreshes find out about buckets that programs know by name. Warns once in a run of each thing. */
export class NamedBuckets {
  private readonly warned = new Set<string>();

  constructor(private readonly log: Log) {}

  /**
   * What the names within a token's inputs stand for by now, with the names that the server gave their buckets since.
   * A name that cannot be looked up, or whose bucket is gone, stands for what it stood for: that is no drift.
   */
  async lookUp(
    state: InfluxTokenState,
    orgId: string,
    directory: Directory,
    host: string,
  ): Promise<BucketIds> {
    const flags = Object.keys(BUCKET_FLAGS) as (keyof typeof BUCKET_FLAGS)[];
    const references = [...new Set(flags.flatMap((flag) => state[flag] ?? []))];
    const known = new Map(Object.entries(state.__buckets ?? {}));
    const found = references.map(async (reference): Promise<[string, string][]> => {
      const name = nameIn(reference);
      const id = known.get(reference);
      if (name === undefined || id === undefined) return [];
      const now = await directory.bucketNow(orgId, name, id);
      const bucket = `the bucket ${quoted(name)} (${id}) of the organization ${quoted(state.org)}`;
      switch (now.kind) {
        case "same":
          return [];
        case "remade":
          return [[reference, now.id]];
        case "renamed":
          return [[referenceTo(now.name), id]];
        case "deleted":
          this.warnOnce(
            `${bucket} was deleted on ${host}, and no other has its name: tokens for it open nothing there`,
          );
          return [];
        case "hidden":
          this.warnOnce(
            `names of buckets cannot be checked on ${host}: the token that refreshes may not see them: give it read on buckets, or whoever makes a bucket anew is not noticed`,
          );
          return [];
      }
    });
    return Object.fromEntries((await Promise.all(found)).flat());
  }

  private warnOnce(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.log.warn(message);
  }
}
