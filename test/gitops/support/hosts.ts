import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { runInNewContext } from "node:vm";
import { parse } from "yaml";
import { run } from "../../../scripts/run";
import type { CommentsApi } from "./commentsApi";
import { EXAMPLE, type Repository } from "./repository";

/** A job as it ended. */
export interface JobResult {
  readonly code: number;
  /** All that its scripts printed. */
  readonly log: string;
  /** What it wrote for the page of the run, where the host has one. */
  readonly summary: string;
}

export type JobName = "preview" | "preflight" | "up" | "rotate" | "drift";

/** What runs the example's jobs. */
export interface Host {
  readonly name: string;
  /** Runs a job in a copy of the repository. */
  run(job: JobName, folder: string, repository: Repository, api: CommentsApi): Promise<JobResult>;
}

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
  readonly with?: Record<string, unknown>;
}

/** The workflow, as far as it is looked at here. */
export interface Workflow {
  readonly permissions: object;
  readonly defaults: object;
  readonly env: Record<string, string>;
  readonly jobs: Record<
    string,
    { readonly if: string; readonly permissions: object; readonly steps: Step[] }
  >;
}

export const WORKFLOW = join(EXAMPLE, ".github", "workflows", "influx-tokens.yml");

export async function readWorkflow(): Promise<Workflow> {
  return parse(await readFile(WORKFLOW, "utf8")) as Workflow;
}

/** The jobs whose condition holds. What the conditions of this workflow use of GitHub's expressions, is JavaScript too. */
export function githubJobs({ jobs }: Workflow, github: object, vars: object = {}): string[] {
  const functions = {
    fromJSON: JSON.parse,
    contains: (list: unknown[], item: unknown) => list.includes(item),
  };
  const holds = ([, { if: condition }]: [string, { if: string }]): boolean =>
    runInNewContext(condition, { github, vars, ...functions }) === true;
  return Object.entries(jobs)
    .filter(holds)
    .map(([name]) => name);
}

/** Runs every `run` step of a job, until one fails. The `uses` steps install Node.js and Pulumi, which are here. */
export const github: Host = {
  name: "GitHub Actions",
  async run(job, folder, { secrets, bash }, api) {
    const context: Record<string, string> = {
      "github.token": api.token,
      "github.event.pull_request.number": "7",
      ...Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`secrets.${name}`, value])),
      "vars.PULUMI_BACKEND_URL": secrets["PULUMI_BACKEND_URL"] ?? "",
    };
    const valueOf = (text: string): string =>
      text.replace(/\$\{\{ (.*?) \}\}/g, (_, name: string) => {
        const value = context[name];
        if (value === undefined) throw new Error(`the test knows no ${name}`);
        return value;
      });
    const [summaryFile, pathFile] = [`${folder}-summary.md`, `${folder}-path`];
    await Promise.all([writeFile(summaryFile, ""), writeFile(pathFile, "")]);
    const runner = {
      GITHUB_ACTIONS: "true",
      GITHUB_API_URL: api.url,
      GITHUB_REPOSITORY: "acme/influx-tokens",
      GITHUB_STEP_SUMMARY: summaryFile,
      GITHUB_PATH: pathFile,
    };
    let code = 0;
    let log = "";
    const { jobs, env: globals } = await readWorkflow();
    for (const { run: script, env = {} } of jobs[job]?.steps ?? []) {
      if (script === undefined) continue;
      const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, valueOf(value)]));
      const added = (await readFile(pathFile, "utf8")).split("\n").filter(Boolean);
      const result = await bash(folder, script, { ...runner, ...globals, ...own }, added);
      log += result.stdout + result.stderr;
      code = result.code;
      if (code !== 0) break;
    }
    const summary = await readFile(summaryFile, "utf8");
    return { code, log, summary };
  },
};

/** The variables that docs/gitops.md tells to store in GitLab, and who gets them: INFLUX_TOKEN has the scope `prod`. */
function gitlabVariables(job: JobName, { secrets }: Repository, api: CommentsApi): Record<string, string> {
  const { INFLUX_TOKEN = "", ...everywhere } = secrets;
  return { ...everywhere, GITLAB_TOKEN: api.token, ...(["up", "rotate"].includes(job) && { INFLUX_TOKEN }) };
}

/** The pipeline with what its jobs extend put in. */
let expanded: Promise<string> | undefined;

/** What the pipeline sets for every job. */
async function gitlabGlobals(): Promise<Record<string, string>> {
  const { variables } = parse(await readFile(join(EXAMPLE, ".gitlab-ci.yml"), "utf8")) as {
    variables: Record<string, string>;
  };
  return variables;
}

/** The lines of a job's before_script and script. */
export async function gitlabScripts(job: string): Promise<string[]> {
  expanded ??= gitlabCiLocal(["--preview"]);
  const jobs = parse(await expanded) as Record<string, { before_script: string[]; script: string[] }>;
  const { before_script: before = [], script = [] } = jobs[job] ?? {};
  return [...before, ...script];
}

/** Runs before_script and script of a job in one shell, as GitLab's runner does. */
export const gitlab: Host = {
  name: "GitLab CI",
  async run(job, folder, repository, api) {
    const script = (await gitlabScripts(job)).join("\n");
    const { code, stdout, stderr } = await repository.bash(folder, script, {
      ...(await gitlabGlobals()),
      GITLAB_CI: "true",
      CI_API_V4_URL: api.url,
      CI_PROJECT_ID: "42",
      CI_MERGE_REQUEST_IID: "7",
      ...gitlabVariables(job, repository, api),
    });
    return { code, log: stdout + stderr, summary: "" };
  },
};

/** The jobs whose rules hold. */
export async function gitlabJobs(variables: Record<string, string>): Promise<string[]> {
  const given = Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
  const names = Object.keys(variables).join(",");
  const quick = "--json-schema-validation=false";
  const listed = await gitlabCiLocal(["--list-csv", quick, ...given, "--ignore-predefined-vars", names]);
  const [, ...rows] = listed.trim().split("\n");
  return rows.map((row) => row.split(";")[0] ?? "");
}

/**
 * Reads the pipeline with GitLab's own schema, and gives what it asked for. It runs no job: its runner needs rsync.
 *
 * @param folder of the .gitlab-ci.yml.
 */
export async function gitlabCiLocal(args: string[], folder = EXAMPLE): Promise<string> {
  const main = require.resolve("gitlab-ci-local/src/index.js");
  const notes = await mkdtemp(join(tmpdir(), "influx-token-gitlab-ci-local-"));
  try {
    // It writes its notes into the folder of the pipeline, or into one that is given relative to it.
    const all = [main, "--state-dir", relative(folder, notes), ...args];
    const { code, stdout, stderr } = await run(process.execPath, all, { cwd: folder });
    if (code !== 0) throw new Error(`gitlab-ci-local ended with exit code ${code}:\n${stdout}${stderr}`);
    return stdout;
  } finally {
    await rm(notes, { recursive: true });
  }
}
