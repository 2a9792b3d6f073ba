import type { Authorization } from "./types";

/** The token, where this answer tells it: servers that store it hashed say nothing, Cloud says `redacted`. */
export function toldToken({ token }: Authorization): string | undefined {
  return token === undefined || token === "" || token === "redacted" ? undefined : token;
}
