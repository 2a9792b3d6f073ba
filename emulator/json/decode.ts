import { ApiError, invalid } from "../errors";
import { parseId } from "../ids";
import { parseFirstValue } from "./scan";

/**
 * Reads JSON into a typed value the way the server's decoder does: unknown keys are ignored, keys match in any
 * case, null leaves a field out, the first value of a wrong type is reported once everything is read, and a
 * malformed id at once.
 */
export interface Codec<T> {
  /** The server's name of the type, as its messages spell it. */
  readonly type: string;
  /** Null: the field stays out. */
  decode(value: unknown, reading: Reading): T | null;
}

/** The codec of an object, which gives one whatever the body holds: an absent or wrong one has no fields. */
export interface StructCodec<T> extends Codec<T> {
  decode(value: unknown, reading: Reading): T;
}

/** The fields of a decoded object: each is there only when the body gave a value of its type. */
export type Decoded<F> = { [K in keyof F]?: F[K] extends Codec<infer T> ? T : never };

/** Where the decoder is, and the first wrong type it met on its way. */
class Reading {
  mismatch: string | undefined;
  private struct = "";
  private readonly path: string[] = [];

  within<T>(struct: string, field: string, read: () => T): T {
    const outer = this.struct;
    this.struct = struct;
    this.path.push(field);
    try {
      return read();
    } finally {
      this.struct = outer;
      this.path.pop();
    }
  }

  wrongType(value: string, type: string): null {
    const target =
      this.path.length === 0
        ? `Go value of type ${type}`
        : `Go struct field ${this.struct}.${this.path.join(".")} of type ${type}`;
    this.mismatch ??= `json: cannot unmarshal ${value} into ${target}`;
    return null;
  }
}

/** A string, or a named string type of the server. */
export function text(type = "string"): Codec<string> {
  return {
    type,
    decode: (value, reading) => (typeof value === "string" ? value : refuseUnlessNull(value, type, reading)),
  };
}

/** An id. A pointer type (`*platform.ID`) is only a different name in messages. */
export function id(type = "platform.ID"): Codec<string> {
  return {
    type,
    decode: (value, reading) =>
      typeof value === "string" ? parseId(value) : refuseUnlessNull(value, type, reading),
  };
}

/** A whole number. */
export function integer(type = "int64"): Codec<number> {
  return {
    type,
    decode: (value, reading) => {
      if (typeof value !== "number") return refuseUnlessNull(value, type, reading);
      return Number.isSafeInteger(value) ? value : reading.wrongType(`number ${value}`, type);
    },
  };
}

/** A list of objects. A null among them is an empty object. */
export function list<T>(of: StructCodec<T>): Codec<T[]> {
  const type = `[]${of.type}`;
  return {
    type,
    decode: (value, reading) =>
      Array.isArray(value)
        ? value.map((item: unknown) => of.decode(item, reading))
        : refuseUnlessNull(value, type, reading),
  };
}

/** An object with known fields. */
export function struct<F extends Record<string, Codec<unknown>>>(
  type: string,
  fields: F,
): StructCodec<Decoded<F>> {
  const name = type.slice(type.lastIndexOf(".") + 1);
  const names = Object.keys(fields);
  return {
    type,
    decode: (value, reading) => {
      const decoded: Record<string, unknown> = {};
      if (!isObject(value)) {
        refuseUnlessNull(value, type, reading);
        return decoded as Decoded<F>;
      }
      for (const [key, entry] of Object.entries(value)) {
        const field = Object.hasOwn(fields, key) ? key : names.find((name) => equalInAnyCase(name, key));
        const codec = field === undefined ? undefined : fields[field];
        if (field === undefined || codec === undefined) continue;
        const result = reading.within(name, field, () => codec.decode(entry, reading));
        if (result !== null) decoded[field] = result;
      }
      return decoded as Decoded<F>;
    },
  };
}

/**
 * Decodes a request body.
 * @throws ApiError `invalid` for a malformed id, and `internal error` for everything else: that is how the
 * server's handlers answer when they pass the decoder's error on bare.
 */
export function decodeBody<T>(codec: StructCodec<T>, body: Buffer): T {
  const reading = new Reading();
  const decoded = codec.decode(parseFirstValue(body), reading);
  if (reading.mismatch !== undefined) throw new ApiError("internal error", reading.mismatch);
  return decoded;
}

/**
 * Decodes a request body for the handlers that blame the request, most with words of their own before the decoder's.
 * @throws ApiError `invalid`
 */
export function decodeBodyAs<T>(codec: StructCodec<T>, body: Buffer, prefix?: string): T {
  try {
    return decodeBody(codec, body);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw invalid(prefix === undefined ? error.message : `${prefix}: ${error.message}`);
  }
}

const equalInAnyCase = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseUnlessNull(value: unknown, type: string, reading: Reading): null {
  return value === null ? null : reading.wrongType(kindOf(value), type);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
