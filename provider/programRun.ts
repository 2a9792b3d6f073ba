import * as pulumi from "@pulumi/pulumi";
import { configKeyProblems } from "./configKeys";
import { programFolders, unresolvedStub } from "./pulumiHost/stubResolution";
import { isPending } from "./riskWarnings";
import { StackDefaults } from "./stackDefaults";

/** What says which token is adopted, and where. */
interface Adopting {
  readonly adopt?: unknown;
  readonly connection?: unknown;
}

/** What is checked once in a run of a program, however many tokens it declares. */
class ProgramRun {
  private readonly found = new Set<string>();
  private readonly adopters = new Map<string, string>();
  private readonly fleets = new Map<string, string>();
  private warned: Set<string> | undefined;
  private stackDefaults: StackDefaults | undefined;

  constructor(private readonly hasStack: boolean) {}

  /** @throws {pulumi.RunError} where the host would not find the provider. */
  checkStub(request: string): void {
    if (this.found.has(request)) return;
    const problem = unresolvedStub(request, programFolders());
    if (problem !== undefined) throw new pulumi.RunError(problem);
    this.found.add(request);
  }

  /** Names keys of the stack config that look like ours and are not read. Only a program sees all keys. */
  checkConfigKeys(): void {
    if (this.warned !== undefined && this.hasStack) return;
    const { error, warnings } = configKeyProblems(pulumi.runtime.allConfig(), pulumi.getProject());
    if (error !== undefined) throw new pulumi.RunError(error);
    for (const warning of warnings) {
      if (this.warned?.has(warning) !== true) void pulumi.log.warn(warning);
    }
    this.warned = new Set([...(this.warned ?? []), ...warnings]);
  }

  /** @throws {pulumi.RunError} where another resource of the program adopts the same token, as far as is known here. */
  checkAdoption(kind: string, name: string, { adopt, connection }: Adopting): void {
    if (typeof adopt !== "string" || isPending(connection) || !this.hasStack) return;
    const { host = "" } = (connection ?? {}) as { readonly host?: unknown };
    if (typeof host !== "string") return;
    // Ids are a server's own: that of another one can be the same.
    const key = `${host} ${adopt.toLowerCase()}`;
    const first = this.adopters.get(key) ?? `${kind} "${name}"`;
    this.adopters.set(key, first);
    if (first === `${kind} "${name}"`) return;
    throw new pulumi.RunError(
      `${kind} "${name}" adopts the token ${adopt}, which ${first} adopts already: adopt a token once`,
    );
  }

  /**
   * Takes note of how a fleet describes its tokens: by that they are found again.
   *
   * @param description as far as it is known here.
   * @throws {pulumi.RunError} where another fleet of the program describes its tokens alike.
   */
  checkFleet(name: string, description: unknown, place: unknown): void {
    if (!this.hasStack) return;
    if ([...this.fleets.values()].includes(name)) {
      throw new pulumi.RunError(
        `fleet "${name}" is declared twice: a fleet's name is unique within the stack`,
      );
    }
    const key = typeof description === "string" ? JSON.stringify([description, place]) : `of ${name}`;
    const first = this.fleets.get(key);
    this.fleets.set(key, name);
    if (first === undefined) return;
    throw new pulumi.RunError(
      `fleet "${name}" describes its tokens as "${first}" does: give each.description another text, for tokens of a run that was killed are found by it`,
    );
  }

  /** @throws {pulumi.RunError} where the stack's config gives one that is wrong. */
  defaults(): StackDefaults {
    const known = this.hasStack ? this.stackDefaults : undefined;
    return (this.stackDefaults = known ?? new StackDefaults(pulumi.runtime.allConfig()));
  }
}

/** By stack: one process can run several. */
const runs = new WeakMap<object, ProgramRun>();

/** In a unit test with mocks there is no stack, and the config may be another for each token. */
const NO_STACK = {};

export function currentRun(): ProgramRun {
  const stack = pulumi.runtime.getStackResource();
  const run = runs.get(stack ?? NO_STACK) ?? new ProgramRun(stack !== undefined);
  runs.set(stack ?? NO_STACK, run);
  return run;
}
