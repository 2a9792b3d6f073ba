import { CONFIG_KEYS } from "./connection/settings";
import { nearestName } from "./nearestName";
import { printable } from "./text";

const NAMESPACE = "influx-token";

/** The namespace of the bridged peer, which has keys of its own: `url` and `token`. */
const PEER = "influxdb";

/** What other tools call our keys, and is spelt too differently to be near. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ["url", "host"],
  ["address", "host"],
  ["server", "host"],
  ["organization", "org"],
  ["organizationid", "orgId"],
  ["insecure", "skipVerify"],
  ["timeout", "timeoutMs"],
]);

/** How many keys a message names. */
const MAX_KEYS = 10;

/**
 * What is wrong with the keys of a stack's config: never with their values, which no message holds.
 *
 * @param allConfig Every key of the stack's config, such as `influx-token:host`.
 * @param project The project's name, which is the namespace of keys that are set without one.
 * @returns `error` for keys that nobody reads: with a typo in `host`, tokens would go elsewhere. `warnings` for keys
 *   that are in a namespace where they are not read.
 */
export function configKeyProblems(
  allConfig: Readonly<Record<string, string>>,
  project: string,
): { readonly error?: string; readonly warnings: readonly string[] } {
  const keys = Object.keys(allConfig).sort();
  const unknown = namesIn(NAMESPACE, keys).filter((name) => !CONFIG_KEYS.includes(name));
  const isPeers = (key: string): boolean => key === `${PEER}:token` && keys.includes(`${PEER}:url`);
  const warnings = [...new Set([project, PEER])]
    .filter((namespace) => namespace !== NAMESPACE)
    .flatMap((namespace) =>
      namesIn(namespace, keys)
        .filter(isKnown)
        .map((name) => `${namespace}:${name}`),
    )
    .filter((key) => !isPeers(key))
    .map(misplaced);
  return { ...(unknown.length > 0 && { error: unknownKeys(unknown) }), warnings };
}

function namesIn(namespace: string, keys: readonly string[]): string[] {
  return keys.filter((key) => key.startsWith(`${namespace}:`)).map((key) => key.slice(namespace.length + 1));
}

function isKnown(name: string): boolean {
  return CONFIG_KEYS.includes(name);
}

function misplaced(key: string): string {
  const name = key.slice(key.indexOf(":") + 1);
  return `no token reads ${key} of the stack config: if it is meant for one, set ${NAMESPACE}:${name} in its place`;
}

function unknownKeys(names: readonly string[]): string {
  const lines = names.slice(0, MAX_KEYS).map((name) => {
    const nearest = SYNONYMS.get(name.toLowerCase()) ?? nearestName(name, CONFIG_KEYS, 1 / 2);
    const hint = nearest === undefined ? "" : `: did you mean ${NAMESPACE}:${nearest}?`;
    return `the stack config has ${NAMESPACE}:${printable(name)}, which is not known${hint}`;
  });
  if (names.length > MAX_KEYS) lines.push(`${names.length - MAX_KEYS} more are not known`);
  return [...lines, `Known are ${CONFIG_KEYS.map((name) => `${NAMESPACE}:${name}`).join(", ")}`].join("\n");
}
