import type { Values } from "./plan";

/** Of the two changes that the benchmark makes, one is seen by the description and one by what is left out. */
export function withChanges(values: Values, { description, writeBucket }: Values): Values {
  if (writeBucket !== undefined) return { ...values, description };
  const narrowed = Object.entries(values)
    .filter(([name]) => name !== "writeBucket")
    .map(([name, value]) => [name, /permissions$/i.test(name) ? readOnly(value as object) : value]);
  return { ...(Object.fromEntries(narrowed) as Values), description };
}

function readOnly(permissions: object): Values {
  return Object.fromEntries(Object.keys(permissions).map((reach) => [reach, "read"]));
}

/** Whether the floor's token is replaced: for the one of the two changes that the real provider replaces it for. */
export function isReplaced(oldInputs: Values, news: Values): boolean {
  return oldInputs["writeBucket"] !== undefined && news["writeBucket"] === undefined;
}
