import { singleLine } from "../provider/text";
import { isRecord } from "../provider/json";
import { fleetSteps } from "./fleets";
import { type Json, readDocuments, record, records, ReportInputError } from "./json";
import { snapshotOf } from "./snapshot";
import { adopts, IMPORTS, isToken, LEFT_OVER, stepsOf, unknownTypes } from "./steps";
import type { TokenStep } from "./tokenStep";
import { textOf } from "./values";

/** What a preview or a state says of a stack's tokens. */
export interface Parsed {
  readonly source: "preview" | "state";
  readonly steps: readonly TokenStep[];
  /** Whether every resource of the stack is there, unchanged ones too. */
  readonly complete: boolean;
  /** Why the preview failed, in the engine's words. */
  readonly errors: readonly string[];
}

/** Names of the engine's events. */
const EVENT = /^[a-z][A-Za-z]+Event$/;

/**
 * Reads what `pulumi preview --json` prints: one document, or one event a line.
 *
 * @throws {ReportInputError} when it is neither, more than one, or not whole.
 */
export function parsePreview(text: string): Parsed {
  const values = readDocuments(text).filter(isRecord);
  const events = values.filter(isEvent);
  const documents = values.filter((value) => !isEvent(value) && isDigest(value));
  if (values.some((value) => "deployment" in value))
    throw notAPreview(": it is a stack's state, give --state");
  if (documents.length + (events.length > 0 ? 1 : 0) > 1) {
    throw new ReportInputError("there is more than one preview: give one at a time");
  }
  const [document] = documents;
  if (document !== undefined) {
    const { steps, diagnostics, changeSummary, maybeCorrupt } = document;
    return previewOf(records(steps), errorsOf(records(diagnostics)), changeSummary, maybeCorrupt);
  }
  if (events.length === 0) throw notAPreview("");
  return streamOf(events);
}

function isEvent(value: Json): boolean {
  return "sequence" in value || Object.keys(value).some((name) => EVENT.test(name));
}

function isDigest({ steps, changeSummary, diagnostics }: Json): boolean {
  return Array.isArray(steps) || isRecord(changeSummary) || Array.isArray(diagnostics);
}

function notAPreview(hint: string): ReportInputError {
  return new ReportInputError(`this is not what \`pulumi preview --json\` prints${hint}`);
}

function streamOf(events: readonly Json[]): Parsed {
  const of = (key: string): Json[] => events.map((event) => event[key]).filter(isRecord);
  const [summary, ...others] = of("summaryEvent");
  if (others.length > 0) throw new ReportInputError("there is more than one preview: give one at a time");
  if (summary?.["isPreview"] === false) throw notAPreview(": it is an update, which was made by then");
  const refused = of("policyEvent").filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
  const result = summary?.["result"] ?? "succeeded";
  const errors = [
    ...errorsOf(of("diagnosticEvent")),
    ...of("errorEvent").map(({ error }) => shown(error)),
    ...refused.map(({ policyName, message }) => `policy ${shown(policyName)}: ${shown(message)}`),
  ];
  if (errors.length === 0 && result !== "succeeded") errors.push(`it ${shown(result)}`);
  // What an import finds is told after it.
  const found = new Map(
    of("resOutputsEvent")
      .map(({ metadata }) => record(metadata))
      .filter(({ op }) => IMPORTS.has(op))
      .map((metadata) => [metadata["urn"], metadata]),
  );
  const steps = of("resourcePreEvent")
    .map(({ metadata }) => record(metadata))
    .map((metadata) => stepOf((IMPORTS.has(metadata["op"]) && found.get(metadata["urn"])) || metadata));
  return previewOf(steps, errors, summary?.["resourceChanges"], summary?.["maybeCorrupt"]);
}

/** An event names the sides of a step differently than a document does. */
function stepOf(metadata: Json): Json {
  return { ...metadata, oldState: metadata["old"], newState: metadata["new"] };
}

function errorsOf(diagnostics: readonly Json[]): string[] {
  return diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => shown(message));
}

const shown = (text: unknown): string => singleLine(textOf(text) ?? "").trim();

function previewOf(
  steps: readonly Json[],
  errors: string[],
  summary: unknown,
  maybeCorrupt: unknown,
): Parsed {
  if (maybeCorrupt === true) errors.push("the engine says that the stack may be corrupt");
  if (errors.length === 0 && !isRecord(summary)) {
    throw new ReportInputError("the preview did not end: its summary is missing");
  }
  const counts = Object.entries(record(summary)).map(([op, count]) => [op, Number(count)] as const);
  if (errors.length === 0 && steps.length === 0 && counts.every(([, count]) => count === 0)) {
    throw new ReportInputError("the preview is empty: it tells of no resource, not even of the stack");
  }
  const present = new Map<unknown, number>();
  for (const { op } of steps) present.set(op, (present.get(op) ?? 0) + 1);
  return {
    source: "preview",
    steps: stepsOf(steps),
    complete: counts.every(([op, count]) => (present.get(op) ?? 0) >= count),
    errors,
  };
}

/**
 * Reads what `pulumi stack export` prints, with or without `--show-secrets`.
 *
 * @throws {ReportInputError} when it is something else, more than one, or not whole.
 */
export function parseState(text: string): Parsed {
  const [first, ...more] = readDocuments(text).filter(isRecord);
  if (first === undefined || !isRecord(first["deployment"])) {
    throw new ReportInputError("this is not what `pulumi stack export` prints");
  }
  if (more.length > 0) throw new ReportInputError("there is more than one state: give one at a time");
  const { resources, pending_operations: pending } = first["deployment"];
  const steps = [
    // One that is pending replacement is deleted on the server already.
    ...records(resources).filter((resource) => resource["pendingReplacement"] !== true),
    ...records(pending)
      .filter(({ type }) => type === "creating")
      .map(({ resource }) => ({ ...record(resource), isPending: true })),
  ];
  // What the program only reads is in the state, too.
  const own = steps.filter((resource) => isToken(resource) && record(resource)["external"] !== true);
  const tokens = fleetSteps(own.map(stateOf), "state");
  return { source: "state", steps: tokens, complete: true, errors: [] };
}

function stateOf(resource: Json): TokenStep {
  const problems = unknownTypes(resource);
  return { ...recordedStep(resource), ...(problems.length > 0 && { problems }) };
}

function recordedStep(resource: Json): TokenStep {
  const before = snapshotOf(resource, false);
  const urn = textOf(resource["urn"]) ?? "";
  // The old token of an interrupted replacement stays valid until the next `pulumi up` deletes it.
  if (resource["delete"] === true) return { urn, action: "delete", reasons: [LEFT_OVER], before };
  if (resource["isPending"] === true) {
    return adopts(resource)
      ? { urn, action: "adopt", reasons: ["interrupted"], before }
      : { urn, action: "create", reasons: ["interrupted, so it may exist"], before };
  }
  return { urn, action: "same", reasons: [], before };
}
