import { organizationNameProblem } from "../organizationName";
import { flagsOf, type GivenPermission } from "../permissions/flagsOf";
import { formatPermission } from "../permissions/format";
import { printable } from "../text";
import type { Authorization, Organization } from "../types";
import type { DeclaredInputs } from "./inputs";

/** Longer than any permission of the API. */
const MAX_PERMISSION = 200;

/** What of a token that exists its inputs follow from. */
export interface TokenFacts {
  readonly isActive: boolean;
  /** Any text, or empty. */
  readonly description: string;
  readonly userId: string;
  /** Name of the owner, or empty. */
  readonly user: string;
  readonly permissions: readonly GivenPermission[];
}

/** The same of a server's answer, of which only id and permissions are certain. */
export function factsOf({
  permissions,
  status,
  description = "",
  userID = "",
  user = "",
}: Partial<Authorization> & Pick<Authorization, "permissions">): TokenFacts {
  return { isActive: status !== "inactive", description, userId: userID, user, permissions };
}

/** What a token alone does not say. */
export interface InputsContext {
  /** As the program names it. */
  readonly organization: Organization;
  readonly orgId: string;
  /** Whose tokens need no owner in the program. Default: nobody's. */
  readonly callerId?: string | undefined;
  readonly resourceTypes?: readonly string[] | undefined;
  /** Names of the organization's buckets by id. */
  readonly bucketNames: ReadonlyMap<string, string>;
}

/** A token, as a program declares it. */
export interface DeclaredToken {
  readonly inputs: DeclaredInputs;
  /** What no input can ask for, each with its reason: then the inputs are not all of it. */
  readonly obstacles: readonly string[];
}

/** What a program has to declare for the token, in the order in which people write it. */
export function inputsOf(token: TokenFacts, context: InputsContext): DeclaredToken {
  const { orgId, callerId, resourceTypes, bucketNames } = context;
  const { flags, rest } = flagsOf(token.permissions, {
    orgId,
    userId: token.userId,
    bucketNames,
    ...(resourceTypes && { resourceTypes }),
  });
  const obstacles = rest.map(
    ({ permission, reason }) => `${printable(formatPermission(permission), MAX_PERMISSION)}: ${reason}`,
  );
  return {
    inputs: {
      ...organizationInput(context),
      ...(token.userId !== callerId && ownerInput(token)),
      ...(token.description !== "" && { description: token.description }),
      ...(!token.isActive && { status: "inactive" }),
      ...flags,
    },
    obstacles:
      token.permissions.length === 0
        ? ["it has no permissions, and a program cannot ask for none"]
        : obstacles,
  };
}

function organizationInput({ organization: { org }, orgId }: InputsContext): Organization {
  const isUsable = org !== undefined && org !== "" && organizationNameProblem(org) === undefined;
  return isUsable ? { org } : { orgId };
}

function ownerInput({ user, userId }: TokenFacts): DeclaredInputs {
  if (user !== "") return { user };
  return userId === "" ? {} : { userId };
}
