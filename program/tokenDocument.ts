import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { isRecord } from "../provider/json";
import { printable, quoted } from "../provider/text";
import { checkInputs, OPEN_CONTEXT } from "../provider/token/inputs";
import { type InputSchema, READERS } from "../provider/token/inputReaders";

/** A token as a file declares it. */
export interface DocumentToken {
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Where its name stands, from 1. */
  readonly line: number;
}

/** A fleet as a file declares it, not checked yet. */
export interface DocumentFleet {
  readonly name: string;
  readonly declared: Readonly<Record<string, unknown>>;
  /** Where its name stands, from 1. */
  readonly line: number;
  /** Where one of its properties does, such as `each.keepers.a`. */
  readonly lineAt: (property: string) => number;
}

/** What is wrong with a file: never a value that could be a secret. */
export interface Problem {
  /** From 1; `undefined` where it is the whole file. */
  readonly line?: number;
  readonly text: string;
}

export interface TokenDocument {
  readonly tokens: readonly DocumentToken[];
  readonly fleets: readonly DocumentFleet[];
  readonly problems: readonly Problem[];
}

/** The key that tells editors of JSON where the schema is. */
const SCHEMA_KEY = "$schema";

/** The key whose entries are fleets, as those of `influx-token:fleets` are. */
export const FLEETS_KEY = "fleets";

/** YAML's key for what is to be merged into an object. */
const MERGE_KEY = "<<";

const FLEET_EXAMPLE = "{ sensors: { each: { org: acme, readBuckets: true }, membersFrom: devices.csv } }";

/** Of how many problems the exact line is looked for: the others have that of their token. */
const MAX_EXACT = 50;

/** Aliases of aliases multiply: more than any file of tokens has, and few enough to be resolved at once. */
const MAX_ALIASES = 100_000;

/**
 * Reads the tokens of a YAML or JSON file: an object of name to inputs, and of {@link FLEETS_KEY} to fleets. The inputs
 * of tokens are checked as in a preview, for only here it is known where they stand; what a fleet is depends on further
 * files. Pure.
 *
 * @returns every problem that can be found; where there are any, tokens and fleets may be incomplete.
 */
export function readTokenDocument(text: string): TokenDocument {
  const lines = new LineCounter();
  // Merging (<<) is no part of YAML 1.2; Pulumi's own files have it.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    merge: true,
  });
  const problems: Problem[] = [];
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const lineOf = (node: unknown): number => lineAt((node as Node).range?.[0] ?? 0);
  const problem = (where: unknown, what: string): void =>
    void problems.push({ line: lineOf(where), text: what });

  // A file that is cut off may hold nothing, and all tokens of a team would be deleted.
  if (text.includes("\uFFFD")) return failed({ text: "it is not UTF-8" });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0)
    return failed(...broken.map((error) => ({ line: lineAt(error.pos[0]), text: syntaxProblem(error) })));
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null))
    return failed({ text: "it is empty: write {} where it is to hold no token, or delete it" });
  if (!isMap(contents))
    return failed({ line: lineOf(contents), text: "the file must hold an object of token name to inputs" });
  findTwins(document, (name, key, first) => {
    problem(key, `${printable(name)} stands twice: also in line ${lineOf(first)}`);
  });
  const values = valuesOf(document);
  if (values === undefined) {
    const alias = unresolvedAlias(document);
    if (alias === undefined)
      return failed(...problems, { text: "its aliases or merges (<<) cannot be resolved" });
    return failed(...problems, { line: lineOf(alias), text: "an alias (*) has no anchor (&) before it" });
  }

  const tokens: DocumentToken[] = [];
  const fleets: DocumentFleet[] = [];
  const pairs = new Map(pairsOf(document, contents).map((pair): [unknown, Pair] => [keyOf(pair), pair]));
  for (const [name, inputs] of Object.entries(values)) {
    const pair = pairs.get(name);
    if (name === SCHEMA_KEY) {
      if (typeof inputs !== "string") problem(pair?.key, `${SCHEMA_KEY} must be a string`);
    } else if (name === FLEETS_KEY) addFleets(inputs, pair);
    else if (name === "") problem(pair?.key, "a token has an empty name");
    else if (!isRecord(inputs))
      problem(
        pair?.key,
        `${printable(name)} must hold the token's inputs, such as { org: acme, readBuckets: true }`,
      );
    else {
      for (const { property, reason } of problemsOf(inputs)) {
        const exact = problems.length < MAX_EXACT ? nodeAt(document, pair?.value, property) : undefined;
        problem(exact ?? pair?.key, `${printable(name)}.${property}: ${reason}`);
      }
      tokens.push({ name, inputs, line: lineOf(pair?.key) });
    }
  }
  return { tokens, fleets, problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };

  function addFleets(declared: unknown, pair: Pair | undefined): void {
    if (!isRecord(declared)) {
      problem(pair?.key, `${FLEETS_KEY} must hold an entry for each fleet, such as ${FLEET_EXAMPLE}`);
      return;
    }
    const inner = new Map(pairsOf(document, pair?.value).map((each): [unknown, Pair] => [keyOf(each), each]));
    for (const [name, fleet] of Object.entries(declared)) {
      const { key, value } = inner.get(name) ?? {};
      if (name === "") problem(key, "a fleet has an empty name");
      else if (!isRecord(fleet))
        problem(
          key,
          `${FLEETS_KEY}.${printable(name)} must hold what a fleet is: each, and members or membersFrom`,
        );
      else {
        const lineAt = (property: string): number => lineOf(nodeAt(document, value, property) ?? key);
        for (const path of secretsIn(fleet))
          problem(
            nodeAt(document, value, path.join(".")) ?? key,
            `${printable(name)}.${path.join(".")}: ${noSecrets(FLEETS_KEY)}`,
          );
        fleets.push({ name, declared: fleet, line: lineOf(key), lineAt });
      }
    }
  }

  function failed(...all: Problem[]): TokenDocument {
    return { tokens: [], fleets: [], problems: all };
  }
}

/** The parser's own words, without those that repeat what stands in the file. */
function syntaxProblem({ code, message }: YAMLError): string {
  switch (code) {
    case "TAG_RESOLVE_FAILED":
      return "a tag (!) is not known: put a text that begins with ! in quotes";
    case "BAD_DQ_ESCAPE":
      return "an escape (\\) is not known: put the text in single quotes";
    case "BAD_ALIAS":
      return "an alias (*) has no name: put a text that begins with * in quotes";
    case "BAD_DIRECTIVE":
      return "a directive (%) is not known";
    case "MULTIPLE_DOCS":
      return "there is a second document (---): a file holds one";
    case "NON_STRING_KEY":
      return "a key must be a string";
    default:
      return message.replace(/: .*/s, "");
  }
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : key;
}

/** Calls back for each key that stands a second time in its object. The parser's own search takes the square of time. */
function findTwins(document: Document, found: (name: string, key: unknown, first: unknown) => void): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Map<unknown, unknown>();
      for (const pair of items) {
        const name = keyOf(pair);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, pair.key);
        else if (name !== MERGE_KEY) found(String(name), pair.key, first);
      }
    },
  });
}

/** `undefined` where aliases or merges lead nowhere, in a circle, or to too much. */
function valuesOf(document: Document): object | undefined {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as object;
  } catch {
    return undefined;
  }
}

function unresolvedAlias(document: Document): unknown {
  const anchors = new Set<string>();
  let found: unknown;
  visit(document, {
    Node(_, node) {
      if (isAlias(node) && !anchors.has(node.source)) {
        found = node;
        return visit.BREAK;
      }
      if (!isAlias(node) && node.anchor !== undefined) anchors.add(node.anchor);
      return undefined;
    },
  });
  return found;
}

/** @param key of the stack config, for what has a secret. */
const noSecrets = (key: string): string =>
  `a secret must not stand in a plain file, and what was committed is known: replace it. The token that makes tokens goes into influx-token:token (\`pulumi config set --secret\`) or INFLUX_TOKEN; a ${key === FLEETS_KEY ? "fleet" : "token"} that needs one of its own goes into influx-token:${key}, where Pulumi encrypts it`;

function problemsOf(inputs: Readonly<Record<string, unknown>>): { property: string; reason: string }[] {
  const secrets = secretsIn(inputs).map((path) => ({
    property: path.join("."),
    reason: noSecrets("tokens"),
  }));
  return [...secrets, ...checkInputs(inputs, {}, OPEN_CONTEXT).failures];
}

function secretsIn(inputs: object): (readonly string[])[] {
  return SECRETS.filter((path) => valueAt(inputs, path) !== undefined);
}

/** Paths of the inputs that are secrets. */
const SECRETS: readonly (readonly string[])[] = [...READERS].flatMap(([name, { schema }]) =>
  secretPaths(schema).map((path) => [name, ...path]),
);

function secretPaths({ writeOnly, properties = {} }: InputSchema): string[][] {
  if (writeOnly === true) return [[]];
  return Object.entries(properties as Record<string, InputSchema>).flatMap(([name, schema]) =>
    secretPaths(schema).map((path) => [name, ...path]),
  );
}

/** `undefined` also where there is a null, which leaves the input out. */
function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value ?? undefined;
  return isRecord(value) && Object.hasOwn(value, name) ? valueAt(value[name], rest) : undefined;
}

/** The pairs of a map, its own before those that are merged into it. */
function pairsOf(document: Document, map: unknown): Pair[] {
  const node = isAlias(map) ? map.resolve(document) : map;
  if (isSeq(node)) return node.items.flatMap((item) => pairsOf(document, item));
  if (!isMap(node)) return [];
  const isMerge = (pair: Pair): boolean => keyOf(pair) === MERGE_KEY;
  return [
    ...node.items.filter((pair) => !isMerge(pair)),
    ...node.items.filter(isMerge).flatMap(({ value }) => pairsOf(document, value)),
  ];
}

/** What a failure's property, such as `keepers.a` or `readBucket[0]`, is about; `undefined` where it is not written. */
function nodeAt(document: Document, value: unknown, property: string, isInner = false): unknown {
  const node = isAlias(value) ? value.resolve(document) : value;
  if (isSeq(node)) {
    const [step = "", index] = /^\[(\d+)\]/.exec(property) ?? [];
    const item = index === undefined ? undefined : node.items[Number(index)];
    return nodeAt(document, item, property.slice(step.length), true) ?? item;
  }
  for (const pair of pairsOf(document, node)) {
    const name = String(keyOf(pair));
    const step = (
      isInner
        ? [`.${printable(name, 200)}`, `[${quoted(name, 200)}]`, `[${quoted(name)}]`]
        : [printable(name)]
    ).find((each) => property.startsWith(each) && /^(?:[.[]|$)/.test(property.slice(each.length)));
    if (step !== undefined)
      return nodeAt(document, pair.value, property.slice(step.length), true) ?? pair.key;
  }
  return undefined;
}
