import type { TokenFacts } from "../provider/token/inputsOf";

/** A token as a server or a Terraform state has it: what of it may be shown. */
export interface ExistingToken extends TokenFacts {
  /** Authorization id: 16 hex digits. */
  readonly id: string;
  /** RFC 3339, or empty. */
  readonly createdAt: string;
  /** Whether its value was there. */
  readonly hasValue: boolean;
  /** Whether the command itself uses it. */
  readonly isCallers: boolean;
}
