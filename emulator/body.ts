import { ApiError, invalid } from "./errors";
import { parseId } from "./ids";

/**
 * Reads a value of a request body as one type. The name says in messages which field it is.
 * @throws ApiError `internal error` for a wrong type, `invalid` for a malformed id
 */
type Reader<T> = (value: unknown, name: string) => T;

/** The fields of an object in a body. As on the server null is absent, and what is unknown is ignored. */
export type Fields<Readers> = { [K in keyof Readers]?: Readers[K] extends Reader<infer T> ? T : never };

export const text: Reader<string> = (value, name) => {
  if (typeof value !== "string") throw wrongType(value, name, "string");
  return value;
};

export const id: Reader<string> = (value, name) => parseId(text(value, name));

export const integer: Reader<number> = (value, name) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrongType(value, name, "int64");
  return value;
};

export function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, name) => {
    if (!Array.isArray(value)) throw wrongType(value, name, "array");
    return value.map((each) => item(each, name));
  };
}

/** An object with known fields. Null is one without any. */
export function object<Readers extends Record<string, Reader<unknown>>>(
  readers: Readers,
): Reader<Fields<Readers>> {
  return (value, name) => {
    if (typeof value !== "object" || Array.isArray(value)) throw wrongType(value, name, "object");
    const given: Record<string, unknown> = { ...value };
    const fields: Record<string, unknown> = {};
    for (const [field, read] of Object.entries(readers)) {
      const entry = given[field] ?? undefined;
      if (entry !== undefined) fields[field] = read(entry, field);
    }
    return fields as Fields<Readers>;
  };
}

/**
 * Reads a request body. Its mistakes are `internal error`, as from the server's handlers that pass on what their
 * decoder says; with a prefix, which may be empty, they are `invalid`, as from those that blame the request.
 * @throws ApiError
 */
export function readBody<T>(reader: Reader<T>, body: Buffer, prefix?: string): T {
  try {
    return reader(parseJson(body), "body");
  } catch (error) {
    if (prefix === undefined || !(error instanceof ApiError)) throw error;
    throw invalid(prefix + error.message);
  }
}

/** Node's parser says what is wrong, but the server's words for an early end are recorded. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new ApiError("internal error", message.replace("Unexpected end of JSON input", "unexpected EOF"));
  }
}

function wrongType(value: unknown, name: string, type: string): ApiError {
  const got = Array.isArray(value) ? "array" : typeof value;
  return new ApiError("internal error", `json: cannot unmarshal ${got} into ${name} of type ${type}`);
}
