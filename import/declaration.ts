import { flagsOf } from "../provider/permissions/flagsOf";
import { formatPermission } from "../provider/permissions/format";
import { organizationNameProblem } from "../provider/organizationName";
import { printable } from "../provider/text";
import type { Organization } from "../provider/types";
import type { ExistingToken } from "./existingToken";

/** How many permissions a comment lists. */
const MAX_LISTED = 10;

/** Longer than any permission of the API. */
const MAX_PERMISSION = 200;

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
export interface DeclarationContext {
  /** As the program names it. */
  readonly organization: Organization;
  readonly orgId: string;
  /** Whose tokens need no owner in the program. Default: nobody's. */
  readonly callerId?: string;
  readonly resourceTypes?: readonly string[];
  readonly bucketNames: ReadonlyMap<string, string>;
  readonly bucketProblems: ReadonlyMap<string, string>;
  /** Where the program gets a value from that the server does not tell: it does without, or asks the config. */
  readonly value: "known" | "without" | "config";
}

/** What a program has to declare to adopt the token without a difference. */
export function declarationOf(token: ExistingToken, name: string, context: DeclarationContext): Declaration {
  const { orgId, callerId, resourceTypes, bucketNames } = context;
  const { flags, rest } = flagsOf(token.permissions, {
    orgId,
    userId: token.userId,
    bucketNames,
    ...(resourceTypes && { resourceTypes }),
  });
  const inputs: [string, InputValue][] = [
    ...organizationInput(context),
    ...(token.userId === callerId ? [] : ownerInput(token)),
    ...given("description", token.description),
    ...(token.isActive ? [] : given("status", "inactive")),
    ...(Object.entries(flags) as [string, InputValue][]),
    ["adopt", token.id],
    ...valueInput(name, context.value),
  ];
  const obstacles = rest.map(
    ({ permission, reason }) => `${printable(formatPermission(permission), MAX_PERMISSION)}: ${reason}`,
  );
  if (token.permissions.length === 0)
    obstacles.push("it has no permissions, and a program cannot ask for none");
  return {
    name,
    inputs,
    notes: bucketNotes(token, context),
    obstacles: few(obstacles),
  };
}

function given(input: string, value: string): [string, InputValue][] {
  return value === "" ? [] : [[input, value]];
}

function organizationInput({ organization, orgId }: DeclarationContext): [string, InputValue][] {
  const { org } = organization;
  const isUsable = org !== undefined && org !== "" && organizationNameProblem(org) === undefined;
  return [isUsable ? ["org", org] : ["orgId", orgId]];
}

function ownerInput({ user, userId }: ExistingToken): [string, InputValue][] {
  return user === "" ? given("userId", userId) : given("user", user);
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
