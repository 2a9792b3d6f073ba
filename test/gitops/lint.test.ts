import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrBuildGoTool } from "../../scripts/goTool";
import { run } from "../../scripts/run";
import {
  githubJobs,
  gitlabCiLocal,
  gitlabJobs,
  gitlabScripts,
  readWorkflow,
  WORKFLOW,
  type Workflow,
} from "./support/hosts";

/** The first run on a machine fetches modules and compiles. */
const BUILD_TIMEOUT_MS = 600_000;

const REPOSITORY = "acme/influx-tokens";

/** The variable that switches the job on. */
const PREFLIGHT = { PREFLIGHT: "true" };

/** What can happen, as each host tells it, and the jobs that are to run. */
const OCCASIONS: readonly {
  readonly what: string;
  /** Variables of the repository's. */
  readonly vars?: Record<string, string>;
  readonly github: object;
  readonly gitlab: Record<string, string>;
  readonly jobs: readonly string[];
}[] = [
  {
    what: "a change proposed from a branch",
    github: {
      event_name: "pull_request",
      event: { pull_request: { head: { repo: { full_name: REPOSITORY } } } },
    },
    gitlab: {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "42",
      CI_PROJECT_ID: "42",
    },
    jobs: ["preview"],
  },
  {
    what: "a change proposed from a branch, with preflight",
    vars: PREFLIGHT,
    github: {
      event_name: "pull_request",
      event: { pull_request: { head: { repo: { full_name: REPOSITORY } } } },
    },
    gitlab: {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "42",
      CI_PROJECT_ID: "42",
    },
    jobs: ["preview", "preflight"],
  },
  {
    what: "a change proposed from a fork",
    vars: PREFLIGHT,
    github: {
      event_name: "pull_request",
      event: { pull_request: { head: { repo: { full_name: "eve/fork" } } } },
    },
    gitlab: {
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_SOURCE_PROJECT_ID: "43",
      CI_PROJECT_ID: "42",
    },
    jobs: [],
  },
  {
    what: "a push to main",
    vars: PREFLIGHT,
    github: { event_name: "push", ref: "refs/heads/main" },
    gitlab: { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "main", CI_DEFAULT_BRANCH: "main" },
    jobs: ["up"],
  },
  {
    what: "a run started by hand on main",
    github: { event_name: "workflow_dispatch", ref: "refs/heads/main" },
    gitlab: { CI_PIPELINE_SOURCE: "web", CI_COMMIT_BRANCH: "main", CI_DEFAULT_BRANCH: "main" },
    jobs: ["up"],
  },
  {
    what: "a run started by hand on another branch",
    github: { event_name: "workflow_dispatch", ref: "refs/heads/mine" },
    gitlab: { CI_PIPELINE_SOURCE: "web", CI_COMMIT_BRANCH: "mine", CI_DEFAULT_BRANCH: "main" },
    jobs: [],
  },
  {
    what: "the schedule that compares",
    github: { event_name: "schedule", ref: "refs/heads/main", event: { schedule: "17 5 * * *" } },
    gitlab: { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main", CI_DEFAULT_BRANCH: "main" },
    jobs: ["drift"],
  },
  {
    what: "the schedule that applies",
    github: { event_name: "schedule", ref: "refs/heads/main", event: { schedule: "47 5 * * *" } },
    gitlab: {
      CI_PIPELINE_SOURCE: "schedule",
      CI_COMMIT_BRANCH: "main",
      CI_DEFAULT_BRANCH: "main",
      APPLY: "true",
    },
    jobs: ["rotate"],
  },
];

describe("the GitHub workflow", () => {
  let linter: string;
  let workflow: Workflow;
  let steps: Workflow["jobs"][string]["steps"];
  beforeAll(async () => {
    workflow = await readWorkflow();
    steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    linter = await findOrBuildGoTool("actionlint");
  }, BUILD_TIMEOUT_MS);

  async function actionlint(file: string): Promise<{ code: number; stdout: string }> {
    // What else happens to be installed, such as shellcheck, must not change the result.
    const args = ["-no-color", "-shellcheck=", "-pyflakes=", file];
    const { code, stdout, stderr } = await run(linter, args);
    return { code, stdout: stdout + stderr };
  }

  it("has nothing that actionlint finds fault with", async () => {
    expect(await actionlint(WORKFLOW)).toEqual({ code: 0, stdout: "" });
  });

  it("would be found fault with for a wrong key or expression", async () => {
    const folder = await mkdtemp(join(tmpdir(), "influx-token-actionlint-"));
    const file = join(folder, "wrong.yml");
    await writeFile(
      file,
      "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepps: []\n    steps:\n      - run: echo ${{ nothing.here }}\n",
    );
    const { code, stdout } = await actionlint(file);
    await rm(folder, { recursive: true });
    expect(code).toBe(1);
    expect(stdout).toContain('unexpected key "stepps"');
    expect(stdout).toContain('undefined variable "nothing"');
  });

  it("may do no more than it needs", () => {
    expect(workflow.permissions).toEqual({});
    expect(
      Object.fromEntries(Object.entries(workflow.jobs).map(([name, job]) => [name, job.permissions])),
    ).toEqual({
      preview: { contents: "read", "pull-requests": "write" },
      preflight: { contents: "read" },
      up: { contents: "read" },
      rotate: { contents: "read" },
      drift: { contents: "read" },
    });
  });

  it("runs its scripts as the tests do, with pipefail", () => {
    expect(workflow.defaults).toEqual({ run: { shell: "bash" } });
    expect(steps.filter((step) => "shell" in step)).toEqual([]);
  });

  it("pins every action to a commit, and leaves no token in the checkout", () => {
    const used = steps.filter(({ uses }) => uses !== undefined);
    expect(used).toHaveLength(15);
    for (const { uses, with: given } of used) {
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      if (uses?.startsWith("actions/checkout") === true)
        expect(given).toEqual({ "persist-credentials": false });
    }
  });

  it("puts no expression into a script, and secrets only into the steps that run Pulumi", () => {
    for (const { run: script = "" } of steps) expect(script).not.toContain("${{");
    const withSecrets = ({ env = {} }: { env?: object }): boolean => JSON.stringify(env).includes("secrets.");
    const secretSteps = Object.values(workflow.jobs).map((job) => job.steps.filter(withSecrets));
    expect(secretSteps.map((each) => each.map(({ name }) => name))).toEqual([
      ["Preview", "Refuse what a policy refuses"],
      ["Preview with preflight"],
      ["Plan", "Up"],
      ["Plan", "Up"],
      ["Compare with the server"],
    ]);
    expect(JSON.stringify(secretSteps[0])).not.toContain("INFLUX");
  });
});

describe("both hosts", () => {
  let listed: string[][];
  beforeAll(async () => {
    listed = await Promise.all(OCCASIONS.map(({ gitlab, vars }) => gitlabJobs({ ...gitlab, ...vars })));
  });

  it.each(["up", "rotate"])("apply in the job %s only what passed its gate and policies", async (job) => {
    const { jobs } = await readWorkflow();
    const scripts = {
      github: (jobs[job]?.steps ?? []).map(({ run: script = "" }) => script),
      gitlab: await gitlabScripts(job),
    };
    for (const lines of Object.values(scripts)) {
      const at = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
      const order = [
        /^pulumi preview .*--save-plan plan\.json/,
        /influx-token report preview\.json --fail-on high/,
        /^pulumi up .*--plan plan\.json/,
      ].map(at);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(order[0]).toBeGreaterThan(-1);
      const runs = lines.filter((line) => /^pulumi (preview|up) /.test(line));
      expect(runs).toHaveLength(2);
      for (const line of runs)
        expect(line).toContain("--policy-pack node_modules/pulumi-influx-token/policy");
    }
  });

  it.each(OCCASIONS)("run the jobs $jobs for $what", async ({ what, github, vars, jobs }) => {
    const workflow = await readWorkflow();
    expect(githubJobs(workflow, { repository: REPOSITORY, ...github }, vars)).toEqual(jobs);
    expect(listed[OCCASIONS.findIndex((each) => each.what === what)]).toEqual(jobs);
  });
});

describe("the GitLab pipeline", () => {
  it("fits GitLab's own schema", async () => {
    expect(await gitlabCiLocal(["--list"])).toContain("name");
  });

  it("would not fit with a wrong key", async () => {
    const folder = await mkdtemp(join(tmpdir(), "influx-token-gitlab-"));
    await writeFile(join(folder, ".gitlab-ci.yml"), "a:\n  script: [echo a]\n  resource_grup: b\n");
    const said = await gitlabCiLocal(["--list"], folder).catch(String);
    await rm(folder, { recursive: true });
    expect(said).toMatch(/'resource_grup' property is not expected/);
  });
});
