import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { runCommand } from "../../cli/run";
import { readFleet } from "../../program/fleets";
import { readMemberTable } from "../../program/memberTable";
import { exports as exported, name as packageName, scripts } from "../../package.json";
import { configKeyProblems } from "../../provider/configKeys";
import provider from "../../provider/dynamicProvider";
import { isRecord } from "../../provider/json";
import type { PackageSpec } from "../../scripts/schema";
import { blocksOf, PAGES, readPage } from "../support/docs";

const schema = JSON.parse(
  readFileSync(join(__dirname, "..", "..", "plugin", "schema.json"), "utf8"),
) as PackageSpec;

/** What is wrong with tokens of the stack config, by name. */
async function problemsOf(tokens: Readonly<Record<string, unknown>>): Promise<unknown[]> {
  const checked = Object.entries(tokens).map(async ([name, inputs]) => {
    const { failures = [] } = (await provider.check?.({} as never, inputs as never)) ?? {};
    return failures.map(({ property, reason }) => `${name}.${property}: ${reason}`);
  });
  return (await Promise.all(checked)).flat();
}

/** What is wrong with fleets, by name; files of members are fixtures. */
function fleetProblems(fleets: unknown): string[] {
  const problems: string[] = [];
  for (const [name, declared] of Object.entries(isRecord(fleets) ? fleets : {})) {
    const at = (property: string): string => `${name}.${property}`;
    const fleet = { name, declared: isRecord(declared) ? declared : {}, at };
    readFleet(fleet, { from: join(__dirname, "..", "fixtures") }, (where, what) => {
      problems.push(`${where}: ${what}`);
    });
  }
  return problems;
}

/** The resource of the schema by its type in a program, where `influx-token:Token` is short for `influx-token:index:Token`. */
function specOf(type: string): PackageSpec["provider"] | undefined {
  if (type === "pulumi:providers:influx-token") return schema.provider;
  return schema.resources[type.replace(/^influx-token:(?=[^:]+$)/, "influx-token:index:")];
}

/** What is wrong with a program in YAML, as far as it makes tokens. */
async function programProblems(program: Readonly<Record<string, unknown>>): Promise<unknown[]> {
  const { resources = {}, plugins, config = {} } = program;
  const own = Object.entries(resources as Record<string, { type: string; properties?: object; get?: object }>)
    .filter(([, { type }]) => /^(influx-token|pulumi:providers:influx-token)(:|$)/.test(type))
    .map(([name, { type, properties = {} }]) => ({ name, type, properties, spec: specOf(type) }));
  const unknown = own.flatMap(({ name, type, properties, spec }) =>
    spec === undefined
      ? [`${name}: there is no ${type}`]
      : Object.keys(properties)
          .filter((property) => !(property in spec.inputProperties))
          .map((property) => `${name}.${property} is no input of ${type}`),
  );
  // What the program puts together is not known here.
  const isPlain = (value: unknown): boolean => !/\$\{|"fn::/.test(JSON.stringify(value));
  const tokens = own
    .filter(({ type, properties }) => type.endsWith(":Token") && Object.keys(properties).length > 0)
    .map(({ name, properties }) => {
      const plain = Object.entries(properties).filter(([key, value]) => isPlain(value) || key === "org");
      return [name, Object.fromEntries(plain)] as const;
    });
  if (unknown.length > 0) return unknown;
  const paths = JSON.stringify(plugins ?? {}).matchAll(/"path":"([^"]*)"/g);
  const keys = Object.keys(config as object).map((key) => [key, ""]);
  return [
    ...(await problemsOf(Object.fromEntries(tokens))),
    ...[...paths]
      .map(([, path = ""]) => path)
      .filter((path) => path !== `node_modules/${packageName}/plugin`)
      .map((path) => `the plugin is not in ${path}`),
    ...Object.values(configKeyProblems(Object.fromEntries(keys) as Record<string, string>, "acme")).flat(),
  ];
}

/** What is wrong with a YAML block: a program, a Pulumi.yaml, a Pulumi.STACK.yaml, or tokens by name. */
async function yamlProblems(text: string): Promise<unknown[]> {
  const value: unknown = parse(text);
  if (!isRecord(value)) return ["is no object"];
  if (isRecord(value["resources"])) return programProblems(value);
  if ("runtime" in value && value["runtime"] !== "yaml") {
    const program = `node_modules/${packageName}/${exported["./program"].default.replace("./", "")}`;
    return value["main"] === program ? [] : [`main is not ${program}`];
  }
  if (isRecord(value["config"])) {
    const { config } = value;
    const texts = Object.entries(config).map(([key, each]) => [key, JSON.stringify(each)]);
    const { error, warnings } = configKeyProblems(
      Object.fromEntries(texts) as Record<string, string>,
      "acme",
    );
    const tokens = config["influx-token:tokens"];
    return [
      ...(error === undefined ? [] : [error]),
      ...warnings,
      ...(await problemsOf(isRecord(tokens) ? tokens : {})),
      ...fleetProblems(config["influx-token:fleets"]),
    ];
  }
  if (Object.values(value).every(isRecord)) {
    const { fleets, ...tokens } = value;
    return [...(await problemsOf(tokens)), ...fleetProblems(fleets)];
  }
  return ["is none of the kinds of YAML that this test knows"];
}

/** Commands of other programs that the docs use. */
const OTHERS = [
  "cat",
  "cd",
  "cp",
  "docker",
  "git",
  "join",
  "jq",
  "kubectl",
  "npx",
  "pnpm",
  "printf",
  "sort",
  "systemctl",
  "tar",
  "terraform",
];
const PULUMI = [
  "config",
  "destroy",
  "import",
  "package",
  "plugin",
  "preview",
  "refresh",
  "stack",
  "state",
  "up",
];
/** Flags of `pulumi do` that are the engine's own. */
const DO_FLAGS = ["--all", "--count", "--dry-run", "--help", "--input-file", "--show-secrets", "--yes"];
const INFLUX_AUTH = ["active", "create", "delete", "find", "inactive", "list"];
const NPM = ["ci", "exec", "install", "pack", "run", "test"];

/** The single commands of shell lines, each as its words, without assignments, comments and `npx`. */
function commandsIn(lines: string): string[][] {
  return lines
    .replaceAll("\\\n", " ")
    .split("\n")
    .flatMap((line) => {
      const words = line.match(/#.*|&&|\|\||[|;&]|(?:'[^']*'|"[^"]*"|[^\s'"|;&])+/g) ?? [];
      const commands: string[][] = [[]];
      for (const word of words) {
        if (word.startsWith("#")) break;
        if (/^[|;&]/.test(word)) commands.push([]);
        else commands.at(-1)?.push(word);
      }
      return commands;
    })
    .flatMap((words) => {
      const start = words.findIndex((word) => !/^(export|npx|[A-Za-z_]+=.*)$/.test(word));
      return start === -1 ? [] : [words.slice(start)];
    });
}

/** What `influx-token COMMAND --help` prints; `undefined` where there is no such command. */
async function helpOf(command: string): Promise<string | undefined> {
  let printed = "";
  const code = await runCommand([command, "--help"], {
    env: {},
    cwd: __dirname,
    isTerminal: false,
    version: "0",
    readStdin: () => Promise.resolve(""),
    out: (text) => (printed += text),
    err: () => undefined,
  });
  return code === 0 && printed.startsWith(`Usage: influx-token ${command}`) ? printed : undefined;
}

/** Why a command cannot be run; `undefined` where it can, as far as this sees. */
async function commandProblem([program = "", verb = "", ...rest]: readonly string[]): Promise<
  string | undefined
> {
  const shown = [program, verb, ...rest].join(" ");
  switch (program) {
    case "influx-token": {
      const help = await helpOf(verb);
      if (help === undefined) return `${shown}: no such command`;
      const options = rest.filter((word) => word.startsWith("--")).map((word) => word.split("=")[0] ?? "");
      const unknown = options.filter((option) => !new RegExp(`^ +(-\\w, )?${option}\\b`, "m").test(help));
      return unknown.length === 0 ? undefined : `${shown}: no option ${unknown.join(", ")}`;
    }
    case "npm":
      if (!NPM.includes(verb)) return shown;
      return verb !== "run" || (rest[0] ?? "") in scripts ? undefined : `${shown}: no such script`;
    case "pulumi": {
      const [set, ...words] = rest;
      const key = words.find((word) => word.includes(":")) ?? "";
      if (verb === "do") return rest.includes("--help") || rest.length === 0 ? undefined : doProblem(rest);
      if (!PULUMI.includes(verb)) return shown;
      return verb === "config" && set === "set" ? configKeyProblems({ [key]: "" }, "acme").error : undefined;
    }
    case "influx":
      return verb === "auth" && !INFLUX_AUTH.includes(rest[0] ?? "") ? shown : undefined;
    default:
      return OTHERS.includes(program) ? undefined : `${shown}: what is ${program}?`;
  }
}

/** Why `pulumi do` refuses its arguments. The engine makes flags of inputs that are texts or switches. */
function doProblem([type = "", verb = "", ...words]: readonly string[]): string | undefined {
  const spec = specOf(type);
  if (spec === undefined) return `there is no ${type}`;
  if (!["create", "read", "patch", "delete", "list"].includes(verb)) return `pulumi do cannot ${verb}`;
  const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const inputs = verb === "list" ? spec.listInputs?.properties : spec.inputProperties;
  const flags = Object.entries(inputs ?? {})
    .filter(([, { type: of }]) => of === "string" || of === "boolean")
    .map(([name]) => `--${kebab(name)}`);
  const unknown = words.find(
    (word) => word.startsWith("--") && ![...flags, ...DO_FLAGS].includes(word.split("=")[0] ?? ""),
  );
  return unknown === undefined ? undefined : `pulumi do ${verb} has no flag ${unknown}`;
}

async function shellProblems(lines: string): Promise<string[]> {
  const problems = await Promise.all(commandsIn(lines).map(commandProblem));
  return problems.filter((problem) => problem !== undefined);
}

describe("the YAML of README and docs", () => {
  it.each(blocksOf("yaml").map(({ page, number, text }) => [`${page}, ${number}`, text]))(
    "is accepted by the preview: %s",
    async (_, text) => {
      expect(await yamlProblems(text)).toEqual([]);
    },
  );

  it.each([
    ["config: { 'influx-token:hots': a }", /did you mean influx-token:host/],
    ["config: { 'influx-token:tokens': { ci: { org: acme, readBukets: true } } }", /ci\.readBukets/],
    ["ci: { org: acme, readBucket: 1 }", /ci\.readBucket/],
    ["fleets: { a: { each: { org: acme, readBucket: 1 }, members: [] } }", /a\.each\.readBucket/],
    [
      "config: { 'influx-token:fleets': { a: { each: { org: acme, readTasks: true }, members: [], memberFrom: b } } }",
      /a\.memberFrom/,
    ],
    ["name: a\nruntime: nodejs\nmain: dist/index.js", /main is not/],
    ["on: push", /none of the kinds/],
    ["resources: { a: { type: 'influx-token:Tokn' } }", /there is no influx-token:Tokn/],
    [
      "resources: { a: { type: influx-token:Token, properties: { readBukets: true } } }",
      /readBukets is no input/,
    ],
    [
      "resources: { a: { type: 'pulumi:providers:influx-token', properties: { url: a } } }",
      /url is no input/,
    ],
    ["resources: { a: { type: influx-token:Token, properties: { org: acme } } }", /no permission/],
    ["resources: {}\nplugins: { providers: [{ name: influx-token, path: plugin }] }", /not in plugin/],
  ])("would not be with a mistake: %s", async (text, problem) => {
    expect(await yamlProblems(text)).toEqual([expect.stringMatching(problem)]);
  });
});

it.each(blocksOf("csv").map(({ page, number, text }) => [`${page}, ${number}`, text]))(
  "the CSV of README and docs is accepted: %s",
  (_, text) => {
    const { members, problems } = readMemberTable(text);
    expect(problems).toEqual([]);
    expect(members.length).toBeGreaterThan(0);
  },
);

describe("the commands of README and docs", () => {
  it.each(blocksOf("sh").map(({ page, number, text }) => [`${page}, ${number}`, text]))(
    "exist, with their options: %s",
    async (_, text) => {
      expect(await shellProblems(text)).toEqual([]);
    },
  );

  it("exist where a text names them", async () => {
    const named = PAGES.flatMap((page) =>
      [
        ...readPage(page).matchAll(
          /`((?:npx )?(?:influx-token|npm run|pulumi config set|influx auth) [^`\n]+)`/g,
        ),
      ].map(([, command = ""]) => command),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(await shellProblems(named.join("\n"))).toEqual([]);
  });

  it.each([
    ["npx influx-token reprot", /no such command/],
    ["pulumi preview | influx-token report - --mardown", /no option --mardown/],
    ["npm ci && npm run dmeo", /no such script/],
    ["pulumi config set --secret influx-token:tokn", /did you mean influx-token:token/],
    ["INFLUX_PREFLIGHT=1 pulumi previw", /previw/],
    ["influx auth remove --id ID", /remove/],
    ["plumi up", /what is plumi/],
    ["pulumi do influx-token:Token create --org acme --read-bukets", /no flag --read-bukets/],
    ["pulumi do influx-token:Token list --read-buckets", /list has no flag/],
  ])("would not with a mistake: %s", async (text, problem) => {
    expect(await shellProblems(text)).toEqual([expect.stringMatching(problem)]);
  });
});
