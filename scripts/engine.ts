import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { findOrBuildLanguageHost, type HostedLanguage } from "./languageHosts";
import { tokenKindOf } from "../provider/tokenTypes";
import { findOrInstallPulumiCli } from "./pulumiCli";
import { run, type RunResult } from "./run";

/** Options of {@link Engine.open}. */
export interface EngineOptions {
  /** Folder of the program, with its Pulumi.yaml; nothing is written there. */
  programFolder: string;
  /** Path of the CLI; default the one that `findOrInstallPulumiCli` gives. */
  pulumiCli?: string;
  /** Name of the stack; default `dev`. The program's own Pulumi.STACK.yaml is used when there is one. */
  stack?: string;
  /** Languages of the program, and of others on the way, that have a host of their own. Default: none. */
  hosts?: readonly HostedLanguage[];
  /** Folders that come before all others on the PATH, such as `bin` of a virtual environment. Default: none. */
  pathFolders?: readonly string[];
  /** Added to the environment of every command, such as `INFLUX_HOST`. */
  env?: Record<string, string>;
  /** Called before each command with its environment: for a plugin that runs elsewhere, and that the engine attaches to. */
  onRun?: (env: NodeJS.ProcessEnv) => void;
  /** Milliseconds until a command is stopped; default 120,000. */
  timeoutMs?: number;
  /** Stops the running command, and every later one. */
  signal?: AbortSignal;
}

/** A stack's state, as far as it is used here. */
export interface Deployment {
  resources?: StackResource[];
  pending_operations?: PendingOperation[];
}

/** What `pulumi stack export` prints, as far as it is used here. */
export interface StackExport {
  deployment: Deployment;
}

/** A step that the engine began and of whose end it knows nothing. */
export interface PendingOperation {
  resource: StackResource;
  /** Such as `creating`. */
  type: string;
}

/** One resource in a stack's state. */
export interface StackResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  /** URNs of the resources that each of the declared inputs is made of. */
  propertyDependencies?: Record<string, string[] | null>;
  /** Whether it was replaced and still has to be deleted. */
  delete?: boolean;
}

/** How `pulumi stack export --show-secrets` writes a secret: its value as JSON, inside an object. */
export function plaintextOf(secret: unknown): string {
  const { plaintext = '""' } = (secret ?? {}) as { plaintext?: string };
  return String(JSON.parse(plaintext));
}

/** A token as the stack's state holds it. */
export interface RecordedToken {
  /** Authorization id; of a rotating one, its newest token's. */
  readonly id: string;
  readonly token: string;
  readonly description: string;
  readonly status: string;
  /** Of a rotating one, the token before its newest. */
  readonly previous?: { readonly id: string; readonly token: string };
}

/** The tokens among a stack's resources, of every kind. */
export function tokenResources({ resources = [] }: Deployment): StackResource[] {
  return resources.filter(({ type }) => tokenKindOf(type) !== undefined);
}

/** The name that the program gave a resource. */
export function nameOf({ urn }: StackResource): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** The caller's own settings must not reach a run: not the server's credentials, and not the engine's account. */
const FOREIGN = /^(INFLUX|PULUMI)_/;

/**
 * The real Pulumi engine for one program: with a state, a home and a configuration of its own in a temporary folder, and
 * without the caller's credentials. Nothing is printed to the console.
 */
export class Engine {
  private constructor(
    /** The temporary folder: everything that the engine writes is inside. */
    readonly folder: string,
    private readonly pulumiCli: string,
    private readonly stack: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly timeoutMs: number,
    private readonly signal: AbortSignal | undefined,
    private readonly onRun: (env: NodeJS.ProcessEnv) => void,
  ) {}

  /** Makes the temporary folder; `stackInit` comes next, and `dispose` at the end. */
  static async open(options: EngineOptions): Promise<Engine> {
    const {
      programFolder,
      stack = "dev",
      timeoutMs = 120_000,
      signal,
      hosts = [],
      pathFolders = [],
      onRun = () => undefined,
    } = options;
    const pulumiCli = options.pulumiCli ?? (await findOrInstallPulumiCli()).path;
    const hostFolders = await Promise.all(hosts.map((each) => findOrBuildLanguageHost(each, pulumiCli)));
    const folder = await mkdtemp(join(tmpdir(), "influx-token-engine-"));
    try {
      await Promise.all(["home", "project", "state", "tmp"].map((name) => mkdir(join(folder, name))));
      await makeProject(resolve(programFolder), join(folder, "project"), stack);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    const base = environmentOf(folder, pulumiCli);
    const path = [...pathFolders, base["PATH"], ...hostFolders].join(delimiter);
    const env = { ...base, PATH: path, ...options.env };
    return new Engine(folder, pulumiCli, stack, env, timeoutMs, signal, onRun);
  }

  /**
   * Runs `pulumi` with `args` and --non-interactive; any exit code is an answer.
   * Rejects when the command does not end in time.
   */
  run(args: string[], extraEnv: Record<string, string> = {}, input = ""): Promise<RunResult> {
    const cwd = join(this.folder, "project");
    // As a shell says it.
    const env = { ...this.env, PWD: cwd, ...extraEnv };
    this.onRun(env);
    return run(this.pulumiCli, [...args, "--non-interactive"], {
      cwd,
      env,
      input,
      timeoutMs: this.timeoutMs,
      signal: this.signal,
    });
  }

  /** Makes the stack and selects it. Rejects when that fails. */
  async stackInit(): Promise<void> {
    succeeded(await this.run(["stack", "init", this.stack]));
  }

  /**
   * Sets a value of the stack's configuration: encrypted with `secret`, inside an object or list with `path`.
   * Rejects when that fails. The value goes through standard input, because a command line is no secret.
   */
  async configSet(key: string, value: string, { secret = false, path = false } = {}): Promise<void> {
    const flags = [...(secret ? ["--secret"] : []), ...(path ? ["--path"] : [])];
    succeeded(await this.run(["config", "set", ...flags, key], {}, value));
  }

  /** `pulumi preview`. */
  preview(args: string[] = [], extraEnv: Record<string, string> = {}): Promise<RunResult> {
    return this.run(["preview", ...args], extraEnv);
  }

  /** `pulumi up` without a preview before it. */
  up(args: string[] = [], extraEnv: Record<string, string> = {}): Promise<RunResult> {
    return this.run(["up", "--yes", "--skip-preview", ...args], extraEnv);
  }

  /** `pulumi refresh` without a preview before it. */
  refresh(args: string[] = [], extraEnv: Record<string, string> = {}): Promise<RunResult> {
    return this.run(["refresh", "--yes", "--skip-preview", ...args], extraEnv);
  }

  /** `pulumi destroy` without a preview before it. */
  destroy(args: string[] = [], extraEnv: Record<string, string> = {}): Promise<RunResult> {
    return this.run(["destroy", "--yes", "--skip-preview", ...args], extraEnv);
  }

  /** The stack's state with secrets encrypted, or bare with `--show-secrets` among `args`. Rejects when that fails. */
  async export(args: string[] = []): Promise<StackExport> {
    return JSON.parse(succeeded(await this.run(["stack", "export", ...args])).stdout) as StackExport;
  }

  /** The checkpoint file as it is on the disk, to look for what must not be there. Rejects before the first one. */
  async stateText(): Promise<string> {
    const stacks = join(this.folder, "state", ".pulumi", "stacks");
    const [project = ""] = await readdir(stacks);
    return readFile(join(stacks, project, `${this.stack}.json`), "utf8");
  }

  /** The same, read. Quicker than an export, and with every secret encrypted. */
  async state(): Promise<Deployment> {
    const { checkpoint } = JSON.parse(await this.stateText()) as { checkpoint: { latest: Deployment } };
    return checkpoint.latest;
  }

  /** The tokens in the state, by name, with their values. Rejects where one still waits for its deletion. */
  async recordedTokens(): Promise<Map<string, RecordedToken>> {
    const tokens = tokenResources((await this.export(["--show-secrets"])).deployment);
    const leftOver = tokens.filter((one) => one.delete === true).map(nameOf);
    if (leftOver.length > 0) throw new Error(`not deleted after their replacement: ${leftOver.join(", ")}`);
    return new Map(
      tokens.map((resource) => {
        const { outputs = {} } = resource;
        const { authorizationId: id = resource.id, description, status, token } = outputs;
        const { previousAuthorizationId: before, previousToken } = outputs;
        const previous = { id: String(before), token: plaintextOf(previousToken) };
        const text = { description: String(description), status: String(status) };
        return [
          nameOf(resource),
          {
            id: String(id),
            token: plaintextOf(token),
            ...text,
            ...(before !== undefined && { previous }),
          },
        ];
      }),
    );
  }

  /** Removes the temporary folder. What the program made elsewhere stays: call `destroy` for that before. */
  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Gives back a run that ended with exit code 0. Throws an error with all that it printed otherwise. */
export function succeeded(result: RunResult): RunResult {
  if (result.code === 0) return result;
  throw new Error(`pulumi ended with exit code ${result.code}:\n${result.stdout}${result.stderr}`);
}

/** `pulumi stack init` writes beside Pulumi.yaml: so that is a copy, which leads to the program where it is. */
async function makeProject(programFolder: string, projectFolder: string, stack: string): Promise<void> {
  const original = await readFile(join(programFolder, "Pulumi.yaml"), "utf8");
  const mainLine = /^main:[ \t]*["']?(.*?)["']?[ \t]*$/m;
  const main = resolve(programFolder, mainLine.exec(original)?.[1] ?? ".");
  const project = `${original.replace(mainLine, "").trimEnd()}\nmain: ${JSON.stringify(main)}\n`;
  await writeFile(join(projectFolder, "Pulumi.yaml"), project);
  const stackFile = `Pulumi.${stack}.yaml`;
  const own = join(programFolder, stackFile);
  if (existsSync(own)) await copyFile(own, join(projectFolder, stackFile));
}

/** The environment of a run with everything that it writes inside `folder`, in `home`, `state` and `tmp`. */
export function environmentOf(folder: string, pulumiCli: string): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  const noProxy = [own["NO_PROXY"] ?? own["no_proxy"], "localhost,127.0.0.1,::1"].filter(Boolean).join(",");
  const home = join(folder, "home");
  return {
    ...own,
    // Beside the CLI are its plugins. A version manager's `node` may need the real home: the running one does not.
    PATH: [dirname(pulumiCli), dirname(process.execPath), own["PATH"] ?? ""].join(delimiter),
    // The profiles of the influx CLI are in the home.
    HOME: home,
    // Pulumi's Node.js host and ts-node leave folders behind in the folder for temporary files.
    TMPDIR: join(folder, "tmp"),
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    PULUMI_HOME: join(home, ".pulumi"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "only for this run",
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "1",
  };
}
