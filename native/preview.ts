import { WIRE_UNKNOWN } from "../provider/pulumiHost/wireValues";
import { OUTPUT_NAMES } from "../provider/token/outputNames";
import { NEVER } from "../provider/token/rotateAfter";
import type { Properties } from "./wire";

/** Outputs that a first token of a rotating one has beside a token's. */
const FIRST: Readonly<Record<"tokens" | "rotating", readonly string[]>> = {
  tokens: [],
  rotating: ["authorizationId", "rotatedAt"],
};

/**
 * The outputs of a token that is to be made, as far as they are known before: what its inputs say, and that the rest is
 * still to come. Pure.
 *
 * @param inputs checked ones, without marks of secrets.
 */
export function createPreview(kind: "tokens" | "rotating", inputs: Properties): Properties {
  const { rotateAfter = NEVER } = inputs;
  const names = [...OUTPUT_NAMES, ...FIRST[kind]].filter(
    (name) => name !== "rotateAt" || rotateAfter !== NEVER,
  );
  const known: Properties = { description: "", status: "active", ...inputs };
  return Object.fromEntries(names.map((name) => [name, known[name] ?? WIRE_UNKNOWN]));
}
