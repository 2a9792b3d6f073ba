/** Names of the inputs that `check` adds. */
export const COMPUTED_NAMES: readonly string[] = ["permissions", "host"];

/**
 * What the class gives for a computed input, so that the engine marks it as a secret where what it is made of is one:
 * it goes by the key that came in as one. `check` puts the value in its place.
 */
export const COMPUTED = "(computed)";
