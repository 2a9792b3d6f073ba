/** What a program declares, as `diff` and `update` need it: with what the engine cannot put right by itself. Pure. */
import { PERMISSION_INPUTS } from "../provider/permissions/expand";
import { type Properties, revealed } from "./wire";

/**
 * The checked inputs, where changes of some are ignored.
 *
 * The engine ignores a change by the input that it recorded. It has none for what `check` takes from the stack's config
 * where the program says nothing, and after a run without a change it has recorded that, too: there the state decides. And
 * an import records no `permissions`.
 *
 * @param ignored paths of `ignoreChanges`.
 */
export function declaredInputs(
  news: Properties,
  oldInputs: Properties,
  outputs: Properties,
  ignored: readonly string[],
): Properties {
  const isIgnored = (name: string): boolean => ignored.includes(name) || ignored.includes("*");
  const declared: Record<string, unknown> = { ...news };
  if (isIgnored("description")) put(declared, "description", outputs["description"], "");
  // Whoever owns the token stays its owner.
  if (isIgnored("user")) delete declared["user"];
  if (isIgnored("rotateAfter") && !("rotateAt" in outputs)) delete declared["rotateAfter"];
  if (isIgnored("permissions") && !("permissions" in oldInputs)) {
    for (const name of PERMISSION_INPUTS) put(declared, name, oldInputs[name], undefined);
    put(declared, "permissions", outputs["permissions"], undefined);
  }
  return declared;
}

function put(inputs: Record<string, unknown>, name: string, value: unknown, none: unknown): void {
  if (value === undefined || revealed(value) === none) Reflect.deleteProperty(inputs, name);
  else inputs[name] = value;
}
