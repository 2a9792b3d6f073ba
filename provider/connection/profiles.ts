import { homedir } from "node:os";
import { join } from "node:path";
import type * as Toml from "smol-toml" with { "resolution-mode": "import" };
import { ConnectionError } from "../errors";
import { printable, quoted } from "../text";
import { MAX_PATH, readSmallFile } from "./files";

/** How many profiles a message names. */
const MAX_NAMES = 10;

/** One table of the influx CLI's configs file. */
export interface Profile {
  readonly name: string;
  readonly url?: string;
  readonly token?: string;
  readonly org?: string;
}

/** Where to look, and which input named the place: it is the one to mend when nothing is there. */
export interface ProfileRequest {
  /** The file. Default: `~/.influxdbv2/configs`. */
  readonly path?: { readonly value: string; readonly from: string; readonly property: string };
  /** The profile. Default: the one that is marked active. */
  readonly name?: { readonly value: string; readonly from: string; readonly property: string };
}

/**
 * Reads a profile as `influx config` writes it: TOML, one table a profile with `url`, `token`, `org`, `active`.
 * `undefined` where nobody asked for a profile and there is none.
 *
 * @throws {ConnectionError} when the file that was asked for cannot be read, is malformed, or lacks the profile.
 */
export function readProfile({ path, name }: ProfileRequest, home = homedir()): Profile | undefined {
  const file = path?.value ?? join(home, ".influxdbv2", "configs");
  const asked = path ?? name;
  const property = asked?.property ?? "connection.configsPath";
  const shown = printable(file, MAX_PATH);
  let source: string;
  try {
    source = readSmallFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unreadable";
    if (code === "ENOENT" && asked === undefined) return undefined;
    throw new ConnectionError(
      property,
      `cannot read the influx CLI's configs file ${shown} (${code})${asked === undefined ? "" : `, asked for by ${asked.from}`}`,
    );
  }
  const tables = parseTables(source, shown, property);
  const chosen =
    name === undefined
      ? [...tables].find(([, { active }]) => active === true)
      : ([name.value, tables.get(name.value)] as const);
  if (chosen === undefined) return undefined;
  const [chosenName, values] = chosen;
  if (values === undefined) {
    throw new ConnectionError(
      property,
      `${shown} has no profile ${quoted(chosenName)}, asked for by ${name?.from ?? ""}: it has ${listed([...tables.keys()])}`,
    );
  }
  return toProfile(chosenName, values, shown, property);
}

/** The first few of them, for a message. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => quoted(name));
  if (names.length > MAX_NAMES) shown.push(`${names.length - MAX_NAMES} more`);
  return shown.join(", ") || "none";
}

function parseToml(source: string): Toml.TomlTable {
  // Loaded only where there is a file to parse. Its types are the ES module's; what is required is the CommonJS twin.
  const { parse } = require("smol-toml") as typeof Toml;
  return parse(source);
}

function parseTables(source: string, file: string, property: string): Map<string, Toml.TomlTable> {
  try {
    return new Map(
      Object.entries(parseToml(source)).filter(
        (entry): entry is [string, Toml.TomlTable] =>
          typeof entry[1] === "object" && !Array.isArray(entry[1]),
      ),
    );
  } catch (error) {
    // The parser's message quotes the lines around the fault, and one of them may hold a token.
    const { line, column } = error as { line?: number; column?: number };
    const at = line === undefined ? "" : ` at line ${line}, column ${column ?? 1}`;
    throw new ConnectionError(property, `the influx CLI's configs file ${file} is not valid TOML${at}`);
  }
}

function toProfile(name: string, values: Toml.TomlTable, file: string, property: string): Profile {
  const profile: Record<string, string> = { name };
  for (const key of ["url", "token", "org"]) {
    const value = values[key];
    if (value === undefined || value === "") continue;
    if (typeof value !== "string") {
      throw new ConnectionError(
        property,
        `${key} of the profile ${quoted(name)} in ${file} must be a string`,
      );
    }
    profile[key] = value;
  }
  return profile as unknown as Profile;
}
