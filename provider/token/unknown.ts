/**
 * In place of a value that is not known before `pulumi up`. Nobody can write it in a program; each host translates its
 * own mark into it, and back.
 */
export const UNKNOWN = "\0unknown";

export const isUnknown = (value: unknown): value is typeof UNKNOWN => value === UNKNOWN;
