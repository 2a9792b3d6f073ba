import type { TokenSnapshot } from "./snapshot";

/**
 * What happens to a token. `adopt`: the stack takes over one that exists. `leave`: Pulumi forgets it without deleting it,
 * so that it stays valid. `skip`: this run does not create it. `rotate`: a new token is made, and the one before it stays valid until the next rotation. The words are
 * those of the report's JSON.
 */
export type TokenAction =
  "replace" | "rotate" | "create" | "adopt" | "delete" | "leave" | "update" | "unknown" | "skip" | "same";

/** What happens to one token. */
export interface TokenStep {
  readonly urn: string;
  readonly action: TokenAction;
  /** Properties that force the replacement, or that change in place; or why it is left behind, deleted or skipped. */
  readonly reasons: readonly string[];
  readonly before?: TokenSnapshot;
  readonly after?: TokenSnapshot;
  /** Id of the token that the option `import` takes over. */
  readonly imported?: string;
  /** Why it is not known what happens to the token. */
  readonly problems?: readonly string[];
  /** Where it is of a fleet: which members, and what becomes of their tokens. */
  readonly fleet?: FleetPart;
}

/** The members of a fleet that share a row of the report. */
export interface FleetPart {
  /** Name of the fleet. */
  readonly name: string;
  /** Whether their permissions differ from those that the fleet gives to each. */
  readonly isOwn: boolean;
  /** All of them: those that will be there, or where the row ends, those that were. */
  readonly members: readonly string[];
  /** Members that get their first token. */
  readonly added: readonly string[];
  /** Members whose token goes. */
  readonly removed: readonly string[];
  /** Members that get a new token in place of the one that they have. */
  readonly replaced: readonly string[];
  /** Members whose token stays and is changed, on the server or in the state only. */
  readonly patched: readonly string[];
  /** How many members may get a new token or another change, of which the preview says nothing. */
  readonly untold: number;
}
