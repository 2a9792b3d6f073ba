/** One program for both kinds of resources: what a test declares runs as a TypeScript and as a YAML program. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DYNAMIC_TOKEN, NATIVE_TOKEN } from "../../provider/tokenTypes";
import { serve } from "../../native/server";
import { NO_PROCESS } from "./plugin";
import { openStack, type StackOptions, type TestStack } from "./stack";

const ROOT = join(__dirname, "..", "..");

/** As the build leaves it. */
const PLUGIN = join(ROOT, "plugin");

/** A token as a test declares it. Values are JSON, and what the three functions below give. */
export interface Declared {
  /** Default: `Token`. */
  readonly type?: "Token" | "RotatingToken" | "TokenFleet";
  readonly args: Readonly<Record<string, unknown>>;
  /** Settings of a connection of its own: of a native token, those of an explicit provider. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** Options of Pulumi. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A value that is secret. */
export function secret(value: unknown): object {
  return { $secret: value };
}

/** An output of a token that is declared before. */
export function outputOf(resource: string, output: string): object {
  return { $output: [resource, output] };
}

/** A text of texts and outputs. */
export function textOf(...parts: readonly unknown[]): object {
  return { $text: parts };
}

/** A stack whose program a test writes. */
export interface BehaviourStack extends TestStack {
  /** From here on the program declares this. Requests are counted anew. */
  declare(resources: Readonly<Record<string, Declared>>, outputs?: Readonly<Record<string, unknown>>): void;
  /** For files of the test. */
  readonly folder: string;
}

/** The same where the program is YAML. */
export interface NativeStack extends BehaviourStack {
  /** From here on the program is this text. */
  write(program: string): void;
}

/** One of the two kinds of resources, and what a program of it runs with. */
export interface BehaviourHost<Stack extends BehaviourStack = BehaviourStack> {
  readonly kind: "dynamic" | "native";
  /** As previews and states show it. */
  readonly type: string;
  /** How many resources there are for connections of tokens' own. */
  readonly providers: (connections: number) => number;
  readonly open: (options?: OpenOptions) => Promise<Stack>;
}

interface OpenOptions extends StackOptions {
  /** Whether the native plugin runs as a process of its own, as a user's does: only then there are several providers. */
  ownProcess?: boolean;
}

type Resources = Parameters<BehaviourStack["declare"]>[0];

async function openDynamic(options: OpenOptions = {}): Promise<BehaviourStack> {
  const folder = mkdtempSync(join(tmpdir(), "behaviour-"));
  const path = join(folder, "declared.json");
  const stack = await openStack(join(ROOT, "test", "e2e", "programs", "behaviour"), {
    ...options,
    env: { ...options.env, DECLARED: path },
  });
  return {
    ...stack,
    folder,
    declare(resources, outputs = {}) {
      writeFileSync(path, JSON.stringify({ resources, outputs }));
      stack.server.countRequests();
    },
    async dispose() {
      await stack.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openNative({ env, ownProcess, ...options }: OpenOptions = {}): Promise<NativeStack> {
  const folder = mkdtempSync(join(tmpdir(), "behaviour-"));
  // The plugin's environment: that of the command that runs.
  let current: NodeJS.ProcessEnv = {};
  const attached =
    ownProcess === true
      ? undefined
      : await serve({
          version: "0.1.0",
          schema: () => readFileSync(join(PLUGIN, "schema.json"), "utf8"),
          env: new Proxy<NodeJS.ProcessEnv>({}, { get: (_, name) => current[String(name)] }),
          process: NO_PROCESS,
        });
  const plugins = { providers: [{ name: "influx-token", path: PLUGIN }] };
  const project = { name: "behaviour", runtime: "yaml", ...(attached === undefined && { plugins }) };
  // The engine runs by a copy of this; the host reads the program here.
  const write = (program: string): void => {
    writeFileSync(join(folder, "Pulumi.yaml"), `${linesOf(project)}${program}`);
  };
  write("");
  const stack = await openStack(folder, {
    ...options,
    hosts: ["yaml"],
    env: {
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...(attached && { PULUMI_DEBUG_PROVIDERS: `influx-token:${attached.port}` }),
      ...env,
    },
    onRun: (environment) => {
      current = environment;
    },
  });
  return {
    ...stack,
    folder,
    write,
    declare(resources, outputs = {}) {
      write(linesOf(yamlProgram(resources, outputs)));
      stack.server.countRequests();
    },
    async dispose() {
      await stack.dispose();
      attached?.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** JSON is YAML, but for characters that YAML wants escaped. */
function linesOf(properties: object): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}: ${JSON.stringify(value).replace(/[\u007f-\u009f]/g, escaped)}\n`)
    .join("");
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function yamlProgram(resources: Resources, outputs: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(resources).flatMap(
    ([name, { type = "Token", args, connection, options = {} }]) => {
      const provider = `${name}-provider`;
      const properties = inYaml(args);
      if (connection === undefined) return [[name, { type: `influx-token:${type}`, properties, options }]];
      const own = { ...options, provider: `\${${provider}}` };
      return [
        [provider, { type: "pulumi:providers:influx-token", properties: inYaml(connection) }],
        [name, { type: `influx-token:${type}`, properties, options: own }],
      ];
    },
  );
  return { resources: Object.fromEntries(entries) as object, outputs: inYaml(outputs) };
}

function inYaml(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map(inYaml);
  if (typeof value !== "object" || value === null) return value;
  const { $secret, $output, $text } = value as { $secret?: unknown; $output?: string[]; $text?: unknown[] };
  if ($secret !== undefined) return { "fn::secret": inYaml($secret) };
  if ($output !== undefined) return `\${${$output.join(".")}}`;
  if ($text !== undefined) return $text.map(inYaml).join("");
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inYaml(inner)]));
}

const DYNAMIC_HOST: BehaviourHost = {
  kind: "dynamic",
  type: DYNAMIC_TOKEN.type,
  providers: () => 0,
  open: openDynamic,
};

/** The native plugin with YAML. */
export const NATIVE_HOST: BehaviourHost<NativeStack> = {
  kind: "native",
  type: NATIVE_TOKEN.type,
  providers: (connections) => connections,
  open: openNative,
};

/** Both of them: for `describe.each`. */
export const BEHAVIOUR_HOSTS: readonly BehaviourHost[] = [DYNAMIC_HOST, NATIVE_HOST];
