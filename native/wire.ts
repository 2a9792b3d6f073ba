/** How the plugin's values look in messages and in states. Pure. */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isRecord } from "../provider/json";
import { NEVER } from "../provider/token/rotateAfter";
import { TYPE_FLAGS } from "../provider/permissions/catalogue";
import { PROVIDER_KEY, SECRET_KEY, SECRET_SIGNATURE } from "../provider/pulumiHost/wireValues";
import { INPUT_NAMES, NAMING_INPUTS } from "../provider/token/inputs";
import { declaredAmong, type InfluxTokenState, isShared } from "../provider/token/state";

/** Properties of a resource, with the marks of Pulumi's own: of what is secret, and of what is not known yet. */
export type Properties = Readonly<Record<string, unknown>>;

/** Outputs that nobody may read, whatever the inputs are. */
const SECRET_OUTPUTS: readonly string[] = ["token", "previousToken", "__names", "__previous"];

export function fromStruct(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

/** Without what is `undefined`, for which messages have no word. */
export function toStruct(properties: object): Struct {
  return Struct.fromJavaScript(
    JSON.parse(JSON.stringify(properties)) as Parameters<typeof Struct.fromJavaScript>[0],
  );
}

/** The value, marked as secret if it is not yet. */
export function asSecret(value: unknown): unknown {
  return isSecret(value) ? value : secret(value);
}

export function secret(value: unknown): Properties {
  return { [SECRET_KEY]: SECRET_SIGNATURE, value };
}

/** The same without the marks of secrets. */
export function revealed(value: unknown): unknown {
  if (isSecret(value)) return revealed(value["value"]);
  if (Array.isArray(value)) return value.map(revealed);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}

export function hasSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasSecret);
}

/** What is secret within a value, without its marks. */
export function secretsIn(value: unknown): unknown[] {
  if (isSecret(value)) return [revealed(value)];
  if (!hasSecret(value)) return [];
  return Object.values(value as object).flatMap(secretsIn);
}

/** The value, as secret as what it was made of: part by part where the two have the same parts, as a whole otherwise. */
export function asSecretAs(value: unknown, origin: unknown): unknown {
  if (isSecret(origin)) return secret(value);
  if (!hasSecret(origin)) return value;
  if (isRecord(origin) && isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, asSecretAs(part, origin[key])]),
    );
  }
  if (Array.isArray(origin) && Array.isArray(value) && origin.length === value.length) {
    return value.map((part: unknown, index) => asSecretAs(part, origin[index]));
  }
  return secret(value);
}

/**
 * What `check` makes of inputs, with what is secret among it.
 *
 * @param declared what the program gave, with its marks.
 */
export function checkedInputs(inputs: Properties, declared: Properties): Properties {
  const origins: Properties = {
    ...Object.fromEntries(
      Object.entries(declared).map(([name, value]) => [TYPE_FLAGS.get(name)?.flag ?? name, value]),
    ),
    ...(NAMING_INPUTS.some((name) => hasSecret(declared[name])) && { permissions: secret("") }),
  };
  return markedBy(inputs, origins);
}

/** The outputs within a state: the inputs are beside them in every state, and not stored twice. */
export function outputsOf(state: object, inputs: Properties, before: Properties = {}): Properties {
  const outputs = Object.entries(state).filter(([name]) => isOutput(name));
  return marked(Object.fromEntries(outputs), inputs, before);
}

/**
 * A state with its marks, as a whole: of a step that failed, where nobody knows which inputs are beside it.
 *
 * @param origins where values may come from: what is secret in one of them is secret.
 */
export function wholeState(state: object, origins: readonly Properties[]): Properties {
  const secrets = origins.map((origin) => Object.entries(origin).filter(([, value]) => hasSecret(value)));
  return marked({ ...state }, Object.fromEntries(secrets.flat()), {});
}

/** The whole state, from the outputs and the inputs beside them. That of a dynamic resource is whole as it is. */
export function stateOf(outputs: Properties, inputs: Properties): InfluxTokenState {
  const isWhole = "__declared" in outputs;
  const given = withoutStub(revealed(inputs) as Properties);
  const declared = declaredAmong(given);
  const stored = withoutStub(revealed(outputs) as Properties);
  // Ignored in a run without a change, it was recorded as an input all the same.
  const isTimed = "rotateAt" in stored || given["rotateAfter"] === NEVER;
  const inputsThen = Object.entries(given).filter(([name]) => name !== "rotateAfter" || isTimed);
  const state = isWhole ? stored : { ...Object.fromEntries(inputsThen), ...stored, __declared: declared };
  return state as unknown as InfluxTokenState;
}

function isOutput(name: string): boolean {
  if (name === "__declared" || name === "generation") return false;
  return !INPUT_NAMES.includes(name) || isShared(name);
}

function marked(values: Properties, inputs: Properties, before: Properties): Properties {
  const buckets = ["readBucket", "writeBucket"].some((name) => hasSecret(inputs[name]));
  return markedBy(values, {
    ...before,
    ...inputs,
    ...Object.fromEntries(SECRET_OUTPUTS.map((name) => [name, secret("")])),
    ...(buckets && { __buckets: secret("") }),
  });
}

function markedBy(values: Properties, origins: Properties): Properties {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, asSecretAs(value, origins[name])]),
  );
}

function withoutStub(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== PROVIDER_KEY));
}

/** Whether the value is secret as a whole. */
export function isSecret(value: unknown): value is Properties {
  return isRecord(value) && value[SECRET_KEY] === SECRET_SIGNATURE;
}
