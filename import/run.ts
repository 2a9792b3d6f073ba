import { readFile } from "node:fs/promises";
import type { Log } from "../provider/runtime";
import { quoted } from "../provider/text";
import { UsageError } from "../report/command";
import { ReportInputError } from "../report/json";
import type { CommandEnvironment } from "../report/run";
import type { ImportOptions } from "./command";
import { resolveTarget, type Target } from "./connect";
import { type Declaration, type DeclarationContext, declarationOf } from "./declaration";
import type { ExistingToken } from "./existingToken";
import { headOfServer, headOfTerraform, leftOut } from "./head";
import { listedTokens, renderList } from "./list";
import { type FleetMember, ManagedTokens, type StackTokens, tokensOfStack } from "./managed";
import { namesFor } from "./names";
import { type Program, renderTypeScript, renderYaml } from "./render";
import { type Found, readServer } from "./server";
import { shortAddress, terraformTokens } from "./terraform";

/** Prints a program that adopts existing tokens, or a list of them. @returns the exit code. */
export async function runImport(options: ImportOptions, environment: CommandEnvironment): Promise<number> {
  if (options.fromTerraform !== undefined) {
    await importTerraform(options, options.fromTerraform, environment);
  } else {
    await importServer(options, environment);
  }
  return 0;
}

async function importServer(options: ImportOptions, environment: CommandEnvironment): Promise<void> {
  const { env, out, err } = environment;
  const target = resolveTarget(options, env);
  // Before anything is asked: a file that cannot be read is the likelier mistake.
  const managed = await readStates(options.excludeState, environment);
  const log: Log = {
    warn: (text) => {
      err(`influx-token: ${text}\n`);
    },
    debug: (text) => {
      err(`${text}\n`);
    },
  };
  const found = await readServer(target, { env, now: Date.now, log }, !options.list);
  const { host, tokens, tokenFrom } = found;
  if (tokens.length === 0) {
    log.warn(
      `${host} lists no token of ${organizationText(target)}: may the token from ${tokenFrom} read them?`,
    );
  }
  const unmanaged = tokens.filter(({ id }) => !managed.has(id, host));
  // What is managed already, and what nothing should depend on that it authenticates.
  const candidates = unmanaged.filter(({ isCallers }) => options.list || !isCallers);
  const matching = candidates.filter((token) => matches(token, options));
  const counts = {
    managed: tokens.length - unmanaged.length,
    callers: candidates.length < unmanaged.length,
    unmatched: candidates.length - matching.length,
  };
  if (options.list) {
    const listed = listedTokens(matching, found, managed);
    const count = listed.length === 1 ? "1 token" : `${listed.length} tokens`;
    const summary = [
      `${count} of ${organizationText(target)} on ${host} that no given stack manages.`,
      ...leftOut(counts),
    ];
    out(options.json ? `${JSON.stringify(listed, undefined, 2)}\n` : renderList(listed, summary));
    return;
  }
  // Over all of them, so that a name depends neither on the filter nor on what is managed by now.
  const named = tokens.map(({ id, description }) => ({ id, text: description }));
  const names = namesFor(named, managed.names);
  const declarations = matching.map((token) => {
    const value = token.hasValue ? "known" : options.adoptToken ? "config" : "without";
    const context: DeclarationContext = { ...found, organization: target.organization, value };
    const declaration = declarationOf(token, names.get(token.id) ?? token.id, context);
    const elsewhere = managed.elsewhere(token.id, host);
    const member = managed.memberFor(token.description, host);
    const notes = [
      ...(member === undefined ? [] : [lostNote(token.id, member)]),
      ...(elsewhere === undefined ? [] : [sameIdNote(elsewhere)]),
      ...(mayBeCallers(token, found)
        ? ["This may be the token that asked: the server does not tell. Then leave it out."]
        : []),
    ];
    return withNotes(declaration, notes);
  });
  const valueless = matching.filter(({ hasValue }) => !hasValue).length;
  const head = headOfServer({
    organization: organizationText(target),
    found,
    options,
    declarations,
    counts,
    valueless,
  });
  print({ head, declarations }, options, out);
}

async function importTerraform(
  options: ImportOptions,
  file: string,
  environment: CommandEnvironment,
): Promise<void> {
  const { tokens, bucketNames } = terraformTokens(await read(file, environment));
  const matching = tokens.filter((token) => matches(token, options));
  const named = tokens.map(({ id, address }) => ({ id, text: shortAddress(address) }));
  const names = namesFor(named, new Set());
  const declarations = matching.map((token) => {
    const { id, org, orgId, hasValue } = token;
    const context: DeclarationContext = {
      organization: { org },
      orgId,
      bucketNames,
      bucketProblems: new Map(),
      value: hasValue ? "config" : "known",
    };
    const declaration = declarationOf(token, names.get(id) ?? id, context);
    return withNotes(declaration, hasValue ? [] : ["Terraform's state does not have its value."]);
  });
  const sources = new Map(matching.map((token) => [names.get(token.id) ?? token.id, token]));
  const head = headOfTerraform({ file, options, declarations, sources });
  print({ head, declarations }, options, environment.out);
}

function print({ head, declarations }: Program, { yaml }: ImportOptions, out: (text: string) => void): void {
  const sorted = [...declarations].sort((a, b) => (a.name < b.name ? -1 : 1));
  out((yaml ? renderYaml : renderTypeScript)({ head, declarations: sorted }));
}

function matches({ description }: ExistingToken, options: ImportOptions): boolean {
  return options.description?.test(description) !== false;
}

function withNotes(declaration: Declaration, notes: readonly string[]): Declaration {
  return { ...declaration, notes: [...declaration.notes, ...notes] };
}

/** Where no value says so: it is the caller's, it works, and it may list tokens. */
function mayBeCallers(token: ExistingToken, { callerId }: Found): boolean {
  if (token.hasValue || !token.isActive) return false;
  if (callerId !== undefined && token.userId !== callerId) return false;
  return token.permissions.some(
    ({ action, resource: { type } }) => action === "read" && type === "authorizations",
  );
}

function sameIdNote(elsewhere: string): string {
  return `A given stack manages a token with this id on ${elsewhere}. If that is the same server, leave this one out.`;
}

function lostNote(id: string, { fleet, member }: FleetMember): string {
  return `It is described as the member ${quoted(member)} of the fleet ${quoted(fleet)}, and no given state knows it. If a run that was killed left it, do not adopt it, but delete it: influx auth delete --id ${id}`;
}

function organizationText({ organization: { org, orgId } }: Target): string {
  return org === undefined ? `the organization ${orgId ?? ""}` : `the organization ${quoted(org)}`;
}

async function readStates(files: readonly string[], environment: CommandEnvironment): Promise<ManagedTokens> {
  if (files.filter((file) => file === "-").length > 1) throw new UsageError("--exclude-state takes - once");
  const stacks: StackTokens[] = [];
  for (const file of files) {
    try {
      stacks.push(tokensOfStack(await read(file, environment)));
    } catch (error) {
      if (!(error instanceof ReportInputError)) throw error;
      throw new ReportInputError(`${file === "-" ? "standard input" : file}: ${error.message}`);
    }
  }
  return new ManagedTokens(stacks);
}

function read(file: string, { readStdin }: CommandEnvironment): Promise<string> {
  return file === "-" ? readStdin() : readFile(file, "utf8");
}
