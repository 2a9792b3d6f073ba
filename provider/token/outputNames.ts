/** Inputs that have an output of the same name, whether they are declared or not. */
export const SHARED_NAMES = ["org", "orgId", "user", "userId", "description", "status"] as const;

/** The outputs of a token. The last one only where the token is rotated by time. */
export const OUTPUT_NAMES: readonly string[] = [
  "token",
  "permissions",
  "effectivePermissions",
  ...SHARED_NAMES,
  "host",
  "createdAt",
  "updatedAt",
  "rotateAt",
];
