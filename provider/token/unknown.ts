/**
 * In place of a value that is not known before `pulumi up`. Each host translates its own mark into it, and back, and
 * escapes texts of a program that look like it.
 */
export const UNKNOWN = "\0unknown";

export const isUnknown = (value: unknown): value is typeof UNKNOWN => value === UNKNOWN;
