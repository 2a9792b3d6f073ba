import type { PermissionTable } from "./permissions/table";
import { PROVIDER_KEY, SECRET_KEY, WIRE_UNKNOWN } from "./pulumiHost/wireValues";
import { isRecord } from "./json";
import { checkInputs, COMPUTED_NAMES, OPEN_CONTEXT } from "./token/inputs";
import { isUnknown, UNKNOWN } from "./token/unknown";

/**
 * What `permissions` of a token with these inputs shows in a preview: for unit tests with Pulumi's mocks, which run no
 * `check`. Inputs that say nothing of permissions are passed over.
 *
 * @param args the inputs of an `InfluxToken`, resolved, as mocks get them.
 * @returns `undefined` where organization or permissions are not known: left out, unknown, or an Output.
 * @throws {TypeError} for inputs that `check` refuses, also where no permission is asked for; it names the first one.
 */
export function permissionsOf(args: object): PermissionTable | undefined {
  const given: [string, unknown][] = Object.entries(args);
  const others = [
    "connection",
    "keepers",
    "rotateAfter",
    "generation",
    "acknowledge",
    "deactivateOnDelete",
    PROVIDER_KEY,
    ...COMPUTED_NAMES,
  ];
  const relevant = given.filter(([name]) => !others.includes(name));
  const raw: Record<string, unknown> = Object.fromEntries(
    relevant.map(([name, value]) => [name, resolved(value)]),
  );
  const { inputs, failures } = checkInputs(raw, {}, OPEN_CONTEXT);
  const [failure] = failures;
  if (failure !== undefined) throw new TypeError(`${failure.property}: ${failure.reason}`);
  const { permissions } = inputs;
  return isUnknown(permissions) ? undefined : (permissions as PermissionTable);
}

/** The value of an Output or a Promise is not known yet. */
export function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (isRecord(value) && SECRET_KEY in value) return resolved(value["value"]);
  const isOpen = value instanceof Promise || (isRecord(value) && "__pulumiOutput" in value);
  if (isOpen || value === WIRE_UNKNOWN) return UNKNOWN;
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]));
}
