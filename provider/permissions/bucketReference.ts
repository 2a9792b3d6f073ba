import { quoted } from "../text";
import { isId } from "../types";

/**
 * How an input names a bucket: 16 hex digits are its id, `name:TEXT` is always its name, and everything else is its name
 * as it stands. A text, so that every language and YAML can write it.
 */
const BY_NAME = "name:";

/** The form in which a reference is kept: an id in lower case, a name without the mark wherever that is plain. */
export function canonicalReference(text: string): string {
  if (isId(text)) return text.toLowerCase();
  return referenceTo(text.startsWith(BY_NAME) ? text.slice(BY_NAME.length) : text);
}

/** How a bucket of this name is referred to. */
export function referenceTo(name: string): string {
  return looksLikeId(name) || name.startsWith(BY_NAME) ? BY_NAME + name : name;
}

/** The name that a reference holds; `undefined` where it is an id. */
export function nameIn(reference: string): string | undefined {
  if (isId(reference)) return undefined;
  return reference.startsWith(BY_NAME) ? reference.slice(BY_NAME.length) : reference;
}

/** Why the text refers to no bucket; `undefined` where it does. To be read after the name of the input. */
export function referenceProblem(text: string): string | undefined {
  if (text === "" || text === BY_NAME) return `${quoted(text)} is empty: give the bucket's name or its id`;
  if (looksLikeId(text) && !isId(text))
    return `${quoted(text)} is not a bucket id: those are 16 hex digits, not all zeros; for a bucket of that name write ${quoted(BY_NAME + text)}`;
  return undefined;
}

/** In place of the id of a bucket that is known by name only: no id holds a colon. */
export function standInFor(reference: string): string {
  const name = nameIn(reference);
  return name === undefined ? reference.toLowerCase() : BY_NAME + name;
}

/** The name that a stand-in is for; `undefined` for an id. */
export function nameOfStandIn(id: string): string | undefined {
  return id.startsWith(BY_NAME) ? id.slice(BY_NAME.length) : undefined;
}

function looksLikeId(text: string): boolean {
  return /^[0-9a-f]{16}$/i.test(text);
}
