/** Where a server offers a resource type. OSS: InfluxDB 2.x; Cloud: InfluxDB Cloud (TSM). */
export type Edition = "oss" | "cloud";

/** One resource type that permissions can name. */
export interface ResourceType {
  /** The type as the API writes it. */
  readonly type: string;
  /** `server`: the flags reach every organization or user on the server, for the permission carries no `orgID`. */
  readonly scope: "organization" | "server";
  /** Editions whose servers accept the type. */
  readonly editions: readonly Edition[];
  /** First OSS release that accepts the type. Default: 2.0. */
  readonly since?: string;
  /** Another spelling of the flags' noun, from the documentation's flag table. */
  readonly alias?: string;
}

const EVERYWHERE = ["oss", "cloud"] as const;
const OSS = ["oss"] as const;
const CLOUD = ["cloud"] as const;

/**
 * Every resource type that a permission can be asked for by a flag. Flags, aliases, editions, documentation,
 * tests and reports all derive from this table. `instance` is left out on purpose: servers list it and refuse
 * it to every token.
 */
export const CATALOGUE = [
  { type: "authorizations", scope: "organization", editions: EVERYWHERE },
  { type: "buckets", scope: "organization", editions: EVERYWHERE },
  { type: "dashboards", scope: "organization", editions: EVERYWHERE },
  { type: "orgs", scope: "server", editions: EVERYWHERE },
  { type: "tasks", scope: "organization", editions: EVERYWHERE },
  { type: "telegrafs", scope: "organization", editions: EVERYWHERE },
  { type: "users", scope: "server", editions: EVERYWHERE },
  { type: "variables", scope: "organization", editions: EVERYWHERE },
  { type: "secrets", scope: "organization", editions: EVERYWHERE },
  { type: "labels", scope: "organization", editions: EVERYWHERE },
  { type: "views", scope: "organization", editions: EVERYWHERE },
  { type: "documents", scope: "organization", editions: EVERYWHERE },
  { type: "notificationRules", scope: "organization", editions: EVERYWHERE },
  { type: "notificationEndpoints", scope: "organization", editions: EVERYWHERE },
  { type: "checks", scope: "organization", editions: EVERYWHERE },
  { type: "dbrp", scope: "organization", editions: EVERYWHERE, alias: "dbrps" },
  { type: "annotations", scope: "organization", editions: EVERYWHERE, since: "2.1" },
  { type: "sources", scope: "organization", editions: OSS },
  { type: "scrapers", scope: "organization", editions: OSS },
  { type: "notebooks", scope: "organization", editions: OSS, since: "2.1" },
  { type: "remotes", scope: "organization", editions: OSS, since: "2.2" },
  { type: "replications", scope: "organization", editions: OSS, since: "2.2" },
  { type: "flows", scope: "organization", editions: CLOUD },
  { type: "subscriptions", scope: "organization", editions: CLOUD },
] as const satisfies readonly ResourceType[];

type Entry = (typeof CATALOGUE)[number];
type Noun = Entry["type"] | Extract<Entry, { alias: string }>["alias"];

/** `readX` and `writeX` for each resource type X of the catalogue and for its alias. */
export type TypeFlag = `${"read" | "write"}${Capitalize<Noun>}`;

/** What one `readX` or `writeX` flag asks for. */
export interface TypeFlagInfo {
  /** The flag under its own name, where the key was an alias. */
  readonly flag: string;
  readonly action: "read" | "write";
  readonly resource: ResourceType;
}

function flagName(action: "read" | "write", noun: string): string {
  return action + noun.charAt(0).toUpperCase() + noun.slice(1);
}

/** Every flag by name, aliases included. */
export const TYPE_FLAGS: ReadonlyMap<string, TypeFlagInfo> = new Map(
  CATALOGUE.flatMap((resource: ResourceType) =>
    (["read", "write"] as const).flatMap((action) => {
      const info: TypeFlagInfo = { flag: flagName(action, resource.type), action, resource };
      const names = resource.alias === undefined ? [resource.type] : [resource.type, resource.alias];
      return names.map((noun): [string, TypeFlagInfo] => [flagName(action, noun), info]);
    }),
  ),
);

/** The types that the presets grant where the server does not list its own. */
export const OSS_TYPES: readonly string[] = CATALOGUE.filter((entry) =>
  (entry.editions as readonly Edition[]).includes("oss"),
).map((entry) => entry.type);

/** Whether every supported server knows the type, so that it need not be looked up. */
export function isUniversal(resource: ResourceType): boolean {
  return resource.since === undefined && resource.editions.includes("oss");
}
