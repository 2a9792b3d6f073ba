import { nearestName } from "../nearestName";
import { TYPE_FLAGS } from "../permissions/catalogue";
import { BUCKET_FLAGS } from "../permissions/expand";
import { printable, quoted } from "../text";

/** What is likeliest meant by a name that is no input: by whoever comes from the CLI, the API or another tool. */
const LIKELY: Readonly<Record<string, string>> = {
  token: "the token that makes tokens goes into connection.token; the made one is the output token",
  host: "the server's address goes into connection.host",
  url: "the server's address goes into connection.host",
  skipVerify: "it goes into connection.skipVerify",
  insecure: "it goes into connection.skipVerify",
  timeoutMs: "it goes into connection.timeoutMs",
  retries: "it goes into connection.retries",
  httpDebug: "it goes into connection.httpDebug",
  activeConfig: "it goes into connection.activeConfig",
  configsPath: "it goes into connection.configsPath",
  name: "a token is named by its description",
  userID: "did you mean userId?",
  generation: "it is an input of RotatingInfluxToken; here, put it into keepers",
  username: "the owner goes by name into user",
  owner: "the owner goes by name into user, or by id into userId",
  organization: "the organization goes by name into org, or by id into orgId",
  orgID: "did you mean orgId?",
  bucket: "buckets go by name or id into readBucket and writeBucket, which are lists",
  buckets: "buckets go by name or id into readBucket and writeBucket, which are lists",
  expires: 'tokens of InfluxDB 2.x do not expire; rotateAfter: "90d" makes a new one after that time',
  expiresAt: 'tokens of InfluxDB 2.x do not expire; rotateAfter: "90d" makes a new one after that time',
  ttl: 'tokens of InfluxDB 2.x do not expire; rotateAfter: "90d" makes a new one after that time',
  permissions:
    "it is an output: ask for permissions by the flags, such as readBuckets or writeBucket, or by extraPermissions",
  effectivePermissions:
    "it is an output: ask for permissions by the flags, such as readBuckets or writeBucket, or by extraPermissions",
  "connection.url": "the server's address goes into connection.host",
  "connection.org": "the organization goes into org, beside connection",
  "connection.orgId": "the organization goes into orgId, beside connection",
  "connection.insecure": "did you mean connection.skipVerify?",
  "connection.timeout": "did you mean connection.timeoutMs?",
};

/** What to say of a name that is no input. */
export function hintForUnknown(name: string, prefix: string, known: readonly string[]): string {
  return [
    `${printable(prefix + name)} is not an input of InfluxToken`,
    ...foreignLetter(name),
    ...meant(name, prefix, known),
  ].join(": ");
}

function meant(name: string, prefix: string, known: readonly string[]): string[] {
  const likely = Object.hasOwn(LIKELY, prefix + name) ? LIKELY[prefix + name] : undefined;
  if (likely !== undefined) return [likely];
  const nearest = nearestName(
    name,
    known.filter((other) => !reachesMore(name, other)),
  );
  return nearest === undefined ? [] : [`did you mean ${prefix}${nearest}?`];
}

/**
 * Whether the input may reach more than whoever wrote the name asked for: one bucket is not all of them, and one
 * organization or user is not every one of the server.
 */
function reachesMore(name: string, input: string): boolean {
  const info = TYPE_FLAGS.get(input);
  if (info === undefined) return false;
  const { type, scope } = info.resource;
  if (type !== "buckets" && scope !== "server") return false;
  return !/s$/i.test(name) || /ids$/i.test(name);
}

/** What to add where something else than a switch is given to a flag: whoever names buckets wants only those. */
export function hintForFlag(flag: string): string {
  const one = flag.replace(/s$/, "");
  return one in BUCKET_FLAGS ? `: to name single buckets use ${one}: ["<name or id>"]` : "";
}

/** What no input's name holds and may look just like what it holds, or cannot be seen at all. */
function foreignLetter(name: string): string[] {
  const [letter] = /[^ -~]/u.exec(name) ?? [];
  if (letter === undefined) return [];
  const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return [`${quoted(letter)} (U+${code}) is no letter of the names of inputs`];
}
