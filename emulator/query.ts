import { invalid } from "./errors";
import { parseId } from "./ids";

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** Which part of a list a request asks for. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
  /** The id of the last item of the page before. */
  readonly after: string | undefined;
  readonly sortBy: string | undefined;
  readonly descending: boolean;
}

/** @throws ApiError `invalid`, naming the parameter that cannot be read */
export function readPage(query: URLSearchParams): Page {
  const limit = readInteger(query, "limit") ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MAX_LIMIT) throw invalid(`limit must be between 1 and ${MAX_LIMIT}`);
  return {
    limit,
    offset: readInteger(query, "offset") ?? 0,
    after: readAfter(query),
    sortBy: queryValue(query, "sortBy"),
    descending: readBoolean(query, "descending"),
  };
}

/** Takes a page out of a whole list. */
export function takePage<T>(items: Iterable<T>, { limit, offset }: Pick<Page, "limit" | "offset">): T[] {
  const page: T[] = [];
  let position = 0;
  for (const item of items) {
    if (position++ < offset) continue;
    page.push(item);
    if (page.length === limit) break;
  }
  return page;
}

/** The links to this page and its neighbours, with the parameters in the order of their names. */
export function pageLinks(
  path: string,
  page: Page,
  filters: Readonly<Record<string, string | undefined>>,
  count: number,
): Record<string, string> {
  const link = (offset: number): string => {
    const parameters: Record<string, string | undefined> = {
      ...filters,
      after: page.after,
      descending: String(page.descending),
      limit: String(page.limit),
      offset: String(offset),
      sortBy: page.sortBy,
    };
    const query = new URLSearchParams();
    for (const name of Object.keys(parameters).sort()) {
      const value = parameters[name];
      if (value !== undefined) query.set(name, value);
    }
    return `${path}?${query.toString()}`;
  };
  return {
    ...(page.offset > 0 && { prev: link(Math.max(0, page.offset - page.limit)) }),
    self: link(page.offset),
    ...(count >= page.limit && { next: link(page.offset + page.limit) }),
  };
}

/** A query parameter, where an empty one counts as absent: so does the server read them. */
export function queryValue(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  return value === null || value === "" ? undefined : value;
}

/** @throws ApiError `invalid` for a malformed id */
export function queryId(query: URLSearchParams, name: string): string | undefined {
  const value = queryValue(query, name);
  return value === undefined ? undefined : parseId(value);
}

function readInteger(query: URLSearchParams, name: string): number | undefined {
  const value = queryValue(query, name);
  if (value === undefined) return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw invalid(`${name} is invalid`);
  return Number(value);
}

function readAfter(query: URLSearchParams): string | undefined {
  try {
    return queryId(query, "after");
  } catch (error) {
    throw invalid(`decoding after: ${(error as Error).message}`);
  }
}

function readBoolean(query: URLSearchParams, name: string): boolean {
  const value = queryValue(query, name);
  if (value === undefined || /^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  throw invalid(`${name} is invalid`);
}
