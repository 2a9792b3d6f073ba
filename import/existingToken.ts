import type { GivenPermission } from "../provider/permissions/flagsOf";

/** A token as a server or a Terraform state has it: what of it may be shown. */
export interface ExistingToken {
  /** Authorization id: 16 hex digits. */
  readonly id: string;
  readonly isActive: boolean;
  /** Any text, or empty. */
  readonly description: string;
  readonly userId: string;
  /** Name of the owner. */
  readonly user: string;
  /** RFC 3339, or empty. */
  readonly createdAt: string;
  readonly permissions: readonly GivenPermission[];
  /** Whether its value was there. */
  readonly hasValue: boolean;
  /** Whether the command itself uses it. */
  readonly isCallers: boolean;
}
