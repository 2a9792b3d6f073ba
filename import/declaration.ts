import { type InputsContext, inputsOf } from "../provider/token/inputsOf";
import type { ExistingToken } from "./existingToken";

/** How many permissions a comment lists. */
const MAX_LISTED = 10;

/** A secret of the stack's config: its value is not in the program. */
export interface ConfigSecret {
  readonly configKey: string;
}

/** An input, as a program writes it. */
export type InputValue = string | true | readonly string[] | Readonly<Record<string, string>> | ConfigSecret;

/** A token, as a program declares it. */
export interface Declaration {
  /** Of the resource. */
  readonly name: string;
  readonly inputs: readonly (readonly [string, InputValue])[];
  /** What a reader of the program should know, each on one line. */
  readonly notes: readonly string[];
  /** Why it cannot be adopted as it is. Then it is no part of the program, and only shown. */
  readonly obstacles: readonly string[];
}

/** What a token alone does not say. */
export interface DeclarationContext extends InputsContext {
  readonly bucketProblems: ReadonlyMap<string, string>;
  /** Where the program gets a value from that the server does not tell: it does without, or asks the config. */
  readonly value: "known" | "without" | "config";
}

/** What a program has to declare to adopt the token without a difference. */
export function declarationOf(token: ExistingToken, name: string, context: DeclarationContext): Declaration {
  const { inputs, obstacles } = inputsOf(token, context);
  return {
    name,
    inputs: [
      ...(Object.entries(inputs) as [string, InputValue][]),
      ["adopt", token.id],
      ...valueInput(name, context.value),
    ],
    notes: bucketNotes(token, context),
    obstacles: few(obstacles),
  };
}

/** The config key of a token's value. */
function valueInput(name: string, value: DeclarationContext["value"]): [string, InputValue][] {
  if (value === "known") return [];
  if (value === "without") return [["adoptWithoutToken", true]];
  return [["adoptToken", { configKey: configKeyFor(name) }]];
}

/** Key of the stack's config under which the value of a token is looked for. */
export function configKeyFor(name: string): string {
  return `adoptToken-${name}`;
}

function bucketNotes({ permissions }: ExistingToken, { bucketProblems }: DeclarationContext): string[] {
  const ids = permissions.flatMap(({ resource: { type, id } }) =>
    type === "buckets" ? [id?.toLowerCase()] : [],
  );
  return [...new Set(ids)].flatMap((id) => {
    const problem = id === undefined ? undefined : bucketProblems.get(id);
    return problem === undefined ? [] : [`The bucket ${id ?? ""} ${problem}.`];
  });
}

function few(texts: readonly string[]): readonly string[] {
  if (texts.length <= MAX_LISTED + 1) return texts;
  return [...texts.slice(0, MAX_LISTED), `and ${texts.length - MAX_LISTED} more`];
}
