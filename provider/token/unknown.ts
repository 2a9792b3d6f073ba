/**
 * In place of a value that is not known before `pulumi up`. Each host translates its own mark into it, and back. Like
 * Pulumi's own it is a text that no program holds by accident.
 */
export const UNKNOWN = "(not known yet: 5d0ffa9c-53ce-4a62-a0d6-3f5c3b1e0b6c)";

export const isUnknown = (value: unknown): value is typeof UNKNOWN => value === UNKNOWN;
