import { UNKNOWN } from "../provider/inputs";
import { BUCKET_FLAGS, type PermissionFlags, PRESETS } from "../provider/permissions/expand";
import { TYPE_FLAGS } from "../provider/permissions/catalogue";
import { clean } from "./clean";

/** Shown for a value that nobody knows before `pulumi up`. */
export const OPEN = "(known after up)";
/** Shown for a value that the program made a secret. */
export const SECRET = "(secret)";

/** What becomes of a token. */
export type TokenAction = "create" | "replace" | "update" | "delete" | "same";

/** A token as it is or will be: what of its state may be shown. Neither the token nor any credential is among it. */
export interface Side {
  readonly org?: string;
  readonly orgId?: string;
  readonly user?: string;
  readonly userId?: string;
  readonly description?: string;
  readonly status?: string;
  /** The declared permissions; absent where nothing at all is known of them. */
  readonly permissions?: readonly string[];
  /** How many more there are that are not known, or secret. */
  readonly openPermissions: number;
  /** What the server granted. */
  readonly effectivePermissions?: readonly string[];
  /** The permission inputs that are known. */
  readonly flags: PermissionFlags;
  /** Risk id to reason. */
  readonly acknowledge: Readonly<Record<string, string>>;
}

/** What happens to one token. */
export interface TokenStep {
  readonly urn: string;
  readonly action: TokenAction;
  /** Properties that force the replacement, or that change in place. */
  readonly reasons: readonly string[];
  readonly before?: Side;
  readonly after?: Side;
}

/** What was read, whatever its form. */
export interface Parsed {
  readonly source: "preview" | "state";
  readonly steps: readonly TokenStep[];
  /** Whether unchanged tokens are among them. */
  readonly complete: boolean;
  /** Why the preview failed, as the engine tells it. */
  readonly errors: readonly string[];
}

/** Text that is no preview, or no state. The message says what was expected. */
export class ReportInputError extends Error {
  override readonly name = "ReportInputError";
}

type Json = Readonly<Record<string, unknown>>;

/** What the engine calls a token. */
export const TOKEN_TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";

const ACTIONS: ReadonlyMap<unknown, TokenAction> = new Map([
  ["create", "create"],
  ["import", "create"],
  ["replace", "replace"],
  ["create-replacement", "replace"],
  ["delete-replaced", "replace"],
  ["update", "update"],
  ["delete", "delete"],
  ["same", "same"],
  ["refresh", "same"],
  ["read", "same"],
]);

/** Where the engine tells of one resource more than once, the first of these is what happens. */
const RANKS: readonly TokenAction[] = ["replace", "create", "update", "same", "delete"];

/** Marks a secret in what `pulumi stack export` and the engine's events say. It is never opened here. */
const SECRET_KEY = "4dabf18193072939515e22adb298388d";

/**
 * Reads what `pulumi preview --json` prints: one document, or one event a line.
 *
 * @throws {ReportInputError} when it is neither.
 */
export function parsePreview(text: string): Parsed {
  const [first, ...more] = documents(text);
  if (isRecord(first) && (Array.isArray(first["steps"]) || isRecord(first["changeSummary"]))) {
    return previewOf(records(first["steps"]), records(first["diagnostics"]), record(first["changeSummary"]));
  }
  const events = [first, ...more].filter(isRecord);
  if (!events.some((event) => "sequence" in event || "resourcePreEvent" in event)) {
    const hint = isRecord(first) && "deployment" in first ? ": it is a stack's state, give --state" : "";
    throw new ReportInputError(`this is not what \`pulumi preview --json\` prints${hint}`);
  }
  const of = (key: string, part?: string): Json[] =>
    events.map((event) => record(event[key])).map((body) => (part === undefined ? body : record(body[part])));
  const steps = of("resourcePreEvent", "metadata").filter(({ op }) => op !== undefined);
  const summary = of("summaryEvent", "resourceChanges").find((counts) => Object.keys(counts).length > 0);
  return previewOf(steps, of("diagnosticEvent"), summary ?? {});
}

/**
 * Reads what `pulumi stack export` prints, with or without `--show-secrets`.
 *
 * @throws {ReportInputError} when it is something else.
 */
export function parseState(text: string): Parsed {
  const [first] = documents(text);
  if (!isRecord(first) || !isRecord(first["deployment"])) {
    throw new ReportInputError("this is not what `pulumi stack export` prints");
  }
  const tokens = records(first["deployment"]["resources"]).filter(isToken);
  const steps = tokens.map((resource): TokenStep => {
    const side = sideOf(resource);
    const urn = textOf(resource["urn"]) ?? "";
    // An interrupted replacement leaves the old token behind, which works until the next `pulumi up` deletes it.
    if (resource["delete"] === true) {
      return { urn, action: "delete", reasons: ["left by an interrupted replacement"], before: side };
    }
    return { urn, action: "same", reasons: [], before: side, after: side };
  });
  return { source: "state", steps, complete: true, errors: [] };
}

function previewOf(raw: readonly Json[], diagnostics: readonly Json[], summary: Json): Parsed {
  const byUrn = new Map<string, TokenStep>();
  for (const step of raw.filter(isToken)) {
    const read = stepOf(step);
    if (read === undefined) continue;
    const known = byUrn.get(read.urn);
    if (known === undefined || rank(read) < rank(known)) byUrn.set(read.urn, read);
  }
  const sames = raw.filter(({ op }) => op === "same").length;
  const errors = diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => clean(textOf(message) ?? "").trim());
  return {
    source: "preview",
    steps: [...byUrn.values()],
    complete: sames >= Number(summary["same"] ?? 0),
    errors,
  };
}

/** The half of a replacement that deletes tells nothing of what comes: it counts only where nothing else is told. */
function rank({ action, after }: TokenStep): number {
  return RANKS.indexOf(action) * 2 + (action === "replace" && after === undefined ? 1 : 0);
}

function stepOf(step: Json): TokenStep | undefined {
  const action = ACTIONS.get(step["op"]);
  if (action === undefined) return undefined;
  const before = step["oldState"] ?? step["old"];
  const after = step["newState"] ?? step["new"];
  const told = [step["replaceReasons"], step["keys"]].find(Array.isArray) as unknown[] | undefined;
  const reasons =
    action === "update"
      ? changedInputs(record(before), record(after))
      : (told ?? []).flatMap((name) => textOf(name) ?? []);
  return {
    urn: textOf(step["urn"]) ?? "",
    action,
    reasons,
    ...(isRecord(before) && { before: sideOf(before) }),
    ...(isRecord(after) && action !== "delete" && { after: sideOf(after) }),
  };
}

/** Only the names: a value may be a credential. */
function changedInputs(before: Json, after: Json): string[] {
  const [old, now] = [record(before["inputs"]), record(after["inputs"])];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => !name.startsWith("__") && JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map(clean)
    .sort();
}

/** Takes what may be shown, and nothing else, so that a credential never gets any further. */
function sideOf(resource: Json): Side {
  const inputs = record(resource["inputs"]);
  const outputs = record(resource["outputs"]);
  const texts = Object.fromEntries(
    (["org", "orgId", "user", "userId", "description", "status"] as const).flatMap((name) => {
      const value = textOf(inputs[name]) ?? textOf(outputs[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const declared = listOf(inputs["permissions"] ?? outputs["permissions"]);
  const effective = listOf(outputs["effectivePermissions"]);
  const acknowledge = Object.entries(record(inputs["acknowledge"] ?? outputs["acknowledge"]));
  return {
    ...texts,
    ...(declared.known !== undefined && { permissions: declared.known }),
    openPermissions: declared.open,
    ...(effective.known !== undefined && { effectivePermissions: effective.known }),
    flags: flagsOf({ ...outputs, ...inputs }),
    acknowledge: Object.fromEntries(acknowledge.map(([id, why]) => [clean(id), textOf(why) ?? ""])),
  };
}

function flagsOf(values: Json): PermissionFlags {
  const switches = [...PRESETS, ...TYPE_FLAGS.keys()].filter((name) => values[name] === true);
  const buckets = Object.keys(BUCKET_FLAGS).map((name): [string, string[]] => {
    return [name, (listOf(values[name]).known ?? []).filter((id) => /^[0-9a-f]{16}$/.test(id))];
  });
  return Object.fromEntries([...switches.map((name) => [name, true]), ...buckets]) as PermissionFlags;
}

function listOf(value: unknown): { known?: string[]; open: number } {
  if (!Array.isArray(value)) return { open: 0 };
  const known = value.filter(isPlain).map(clean);
  return { known, open: value.length - known.length };
}

function isPlain(value: unknown): value is string {
  return typeof value === "string" && value !== UNKNOWN && value !== "[secret]";
}

/** A text that may be shown, or what stands in its place. */
function textOf(value: unknown): string | undefined {
  if (value === "[secret]" || (isRecord(value) && SECRET_KEY in value)) return SECRET;
  if (value === UNKNOWN) return OPEN;
  return typeof value === "string" ? clean(value) : undefined;
}

function isToken(resource: Json): boolean {
  const side = record(resource["newState"] ?? resource["oldState"] ?? resource);
  return side["type"] === TOKEN_TYPE;
}

/** The values in a text: one, however many lines it has, or one a line. What a tool wrote around them is passed over. */
function documents(text: string): unknown[] {
  const whole = parsed(text) ?? parsed(text.slice(Math.max(0, text.search(/^\{/m))));
  if (whole !== undefined) return [whole];
  return text.split("\n").flatMap((line) => parsed(line) ?? []);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

function records(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
