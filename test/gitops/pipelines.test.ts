import { type CommentsApi, startCommentsApi } from "./support/commentsApi";
import { github, gitlab, type Host, type JobName, type JobResult } from "./support/hosts";
import { SELECTION, SOAK } from "../support/soak";
import { openRepository, type Repository } from "./support/repository";

// A job runs the engine up to three times.
jest.setTimeout(240_000);

const MARKER = "<!-- influx-token report: prod -->";

// Both hosts post comments in their own way, so both show changes. What is the same lines of shell on both is run on
// one of them in turn; on both with `npm run test:soak`.

/** One host at work: its copy of the repository, and the comments there. */
interface Site {
  readonly host: Host;
  readonly folder: string;
  readonly api: CommentsApi;
}

// Each job's shell steps, one after the other as on the host, with the real engine and the real report. Both hosts work
// on one stack, and at the same time where nothing is changed.
describe(`the example's pipelines on GitHub Actions and on GitLab CI (${SELECTION})`, () => {
  let repository: Repository;
  let sites: Site[];
  let shown = "";

  beforeAll(async () => {
    repository = await openRepository();
    sites = await Promise.all(
      [github, gitlab].map(async (host) => {
        const api = await startCommentsApi();
        // Anybody may write the hidden line.
        api.comments.push({ id: 120, body: `${MARKER}\nforged`, foreign: true });
        return { host, api, folder: await repository.clone(host.name) };
      }),
    );
    repository.server.countRequests();
  });
  afterAll(async () => {
    await Promise.all(sites.map(({ api }) => api.close()));
    await repository.dispose();
  });

  async function run(job: JobName, { host, folder, api }: Site): Promise<JobResult> {
    const result = await host.run(job, folder, repository, api);
    shown += result.log + result.summary;
    return result;
  }

  /** Runs a job on both hosts at once, and gives what each answered with its site. */
  function onBoth(job: JobName, chosen = sites): Promise<(JobResult & Site)[]> {
    return Promise.all(chosen.map(async (site) => ({ ...site, ...(await run(job, site)) })));
  }

  /** Runs a job on the host of that number, and in a soak test on both. */
  const onHost = (at: number, job: JobName): Promise<(JobResult & Site)[]> =>
    onBoth(job, SOAK ? sites : sites.slice(at, at + 1));

  async function up(at: number): Promise<void> {
    const { code, log } = await run("up", sites[at] as Site);
    expect({ code, log }).toMatchObject({ code: 0 });
  }

  async function tokenOf(name: string): Promise<{ id: string; status: string }> {
    const { authorizations } = await repository.server.call<{
      authorizations: { id: string; status: string; description: string }[];
    }>("GET", "/api/v2/authorizations");
    const { id, status } = authorizations.find((each) => each.description.startsWith(`${name}:`)) ?? {};
    return { id: id ?? "", status: status ?? "none" };
  }

  it("show a change in one comment, without a request to InfluxDB", async () => {
    for (const { code, log, api } of await onBoth("preview")) {
      expect({ code, log }).toMatchObject({ code: 0 });
      const [own, ...others] = api.comments.slice(121);
      expect(others).toEqual([]);
      expect(own?.body).toMatch(new RegExp(`^${MARKER}\n### InfluxDB tokens: 2 to create\n`));
      expect(own?.body).toContain("+ write:orgs/acme/tasks");
    }
    expect(repository.server.countRequests()).toEqual({});
  });

  it("make the tokens on main", async () => {
    repository.server.setClock("2020-01-01T00:00:00Z");
    await up(0);
    repository.server.setClock();
    expect(await tokenOf("ci")).toMatchObject({ status: "active" });
    expect(await tokenOf("auditor")).toMatchObject({ status: "active" });
  });

  it("find no drift on an untouched server, with a token that only reads", async () => {
    repository.server.countRequests();
    const results = await onHost(1, "drift");
    for (const { code, log } of results) {
      expect({ code, log }).toMatchObject({ code: 0 });
      expect(log).toContain("InfluxDB tokens: 2 unchanged.");
    }
    expect(repository.server.countRequests()).toEqual({
      "GET /api/v2/authorizations/{id}": 2 * results.length,
    });
  });

  it("fail for a token that was changed behind their back, and name it", async () => {
    const { id } = await tokenOf("ci");
    await repository.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "inactive" });
    for (const { code, log, summary, host } of await onHost(0, "drift")) {
      expect(code).toBeGreaterThan(0);
      expect(log).toMatch(/^ci .*~ update: status/m);
      expect(log).toMatch(/^auditor .*= same/m);
      if (host === github) expect(summary).toMatch(/\| ~ \| <code>ci<\/code> \|/);
    }
    expect(await tokenOf("ci")).toEqual({ id, status: "inactive" });
  });

  it("mend it when up runs again", async () => {
    const { id } = await tokenOf("ci");
    await up(1);
    expect(await tokenOf("ci")).toEqual({ id, status: "active" });
  });

  it("take no token that is due for drift, and replace it when the schedule applies", async () => {
    const { id } = await tokenOf("ci");
    for (const { folder } of sites) await repository.set(folder, "ci", "rotateAfter", "90d");
    await up(0);
    expect(await tokenOf("ci")).toMatchObject({ id });
    for (const { code, log } of await onHost(1, "drift")) expect({ code, log }).toMatchObject({ code: 0 });
    const { code, log } = await run("rotate", sites[1] as Site);
    expect({ code, log }).toMatchObject({ code: 0 });
    expect(log).toMatch(/^ci .*± replace: due since 2020-03-31T00:00:00/m);
    expect(await tokenOf("ci")).not.toMatchObject({ id });
    expect(repository.server.authorizations().map((each) => each.id)).not.toContain(id);
  });

  it("ask the server before the merge whether it has what new tokens need, with a token that only reads", async () => {
    await repository.server.makeBucket("metrics");
    const { orgId: orgID } = repository.server;
    const { id: adopt } = await repository.server.call<{ id: string }>("POST", "/api/v2/authorizations", {
      orgID,
      permissions: [{ action: "read", resource: { type: "dashboards", orgID } }],
    });
    const [fits, differs] = [await repository.clone("fits"), await repository.clone("differs")];
    const reader = { org: "acme", user: "admin", readBucket: ["metrics"], readNotebooks: true };
    await repository.declare(fits, "reader", reader);
    await repository.declare(fits, "taken", {
      org: "acme",
      readDashboards: true,
      adopt,
      adoptWithoutToken: true,
    });
    await repository.declare(differs, "taken", { org: "acme", writeTasks: true, adopt });
    const before = repository.server.authorizations();
    repository.server.countRequests();
    const jobs = [fits, differs].map((folder, at) => run("preflight", { ...(sites[at] as Site), folder }));
    const [passed, failed] = await Promise.all(jobs);
    expect(passed).toMatchObject({ code: 0 });
    expect(failed).toMatchObject({ code: 1 });
    expect(failed?.log).toMatch(/property adopt .*\n +\+ write:orgs\/acme\/tasks\n +- read:orgs/);
    expect(repository.server.countRequests()).toEqual({
      "GET /api/v2/me": 2,
      "GET /api/v2/orgs": 1,
      "GET /api/v2/users": 1,
      "GET /api/v2/buckets": 1,
      "GET /api/v2/resources": 1,
      "GET /api/v2/authorizations/{id}": 2,
    });
    expect(repository.server.authorizations()).toEqual(before);
  });

  it("edit the same comment in place, and refuse a risk that nobody acknowledged", async () => {
    for (const { folder } of sites) await repository.declare(folder, "root", { org: "acme", operator: true });
    for (const { code, log, summary, host, api } of await onBoth("preview")) {
      expect({ code, log }).toMatchObject({ code: 2 });
      expect(log).toContain("influx-token: root has the risk operator-token");
      expect(api.comments).toHaveLength(122);
      expect(api.comments[121]?.body).toMatch(
        new RegExp(`^${MARKER}\n### InfluxDB tokens: 1 to create, 2 unchanged\n`),
      );
      expect(api.comments[120]?.body).toBe(`${MARKER}\nforged`);
      const edited =
        host === github
          ? "PATCH /repos/acme/influx-tokens/issues/comments/121"
          : "PUT /projects/42/merge_requests/7/notes/121";
      expect(api.changes).toEqual([expect.stringMatching(/^POST /), edited]);
      if (host === github) expect(summary).toContain("<code>root</code>");
    }
  });

  it("tell why a preview failed", async () => {
    for (const { folder } of sites)
      await repository.declare(folder, "root", { org: "acme", readBukets: true });
    for (const { code, log, api } of await onHost(1, "preview")) {
      expect({ code, log }).toMatchObject({ code: 1 });
      expect(log).toContain("did you mean readBuckets?");
      expect(api.changes).toHaveLength(2);
    }
  });

  it.each([
    [
      0,
      "a risk that nobody acknowledged",
      { org: "acme", readSecrets: true, description: "root: secrets" },
      2,
      "root has the risk read-secrets",
    ],
    ...(SOAK
      ? [
          [
            1,
            "an operator token",
            { org: "acme", operator: true, description: "root: all" },
            1,
            "policy influx-no-operator-token: ",
          ] as const,
        ]
      : []),
    [
      1,
      "a token that a policy refuses",
      { org: "acme", readTasks: true },
      1,
      "policy influx-description-required: ",
    ],
  ] as const)("on host %i do not apply %s, though it is on main", async (at, _, inputs, code, why) => {
    for (const { folder } of sites) await repository.declare(folder, "root", inputs);
    repository.server.countRequests();
    const results = await onHost(at, "up");
    for (const { code: ended, log } of results) {
      expect({ ended, log }).toMatchObject({ ended: code });
      expect(log).toContain(why);
    }
    expect(repository.server.countRequests()).toEqual({
      "GET /api/v2/authorizations/{id}": 2 * results.length,
    });
  });

  it("say before the merge what a policy refuses", async () => {
    const { code, log } = await run("preview", sites[0] as Site);
    expect(code).toBeGreaterThan(0);
    expect(log).toContain("influx-description-required");
  });

  it("make what somebody acknowledged, with the reason in the same change", async () => {
    const acknowledge = { "operator-token": "sealed, see the runbook" };
    for (const { folder } of sites)
      await repository.declare(folder, "root", {
        org: "acme",
        operator: true,
        description: "root: all",
        acknowledge,
      });
    for (const { code, log } of await onHost(1, "preview")) expect({ code, log }).toMatchObject({ code: 0 });
    await up(0);
    expect(await tokenOf("root")).toMatchObject({ status: "active" });
    if (SOAK) await up(1);
  });

  it("never show a secret", () => {
    const { PULUMI_CONFIG_PASSPHRASE = "", INFLUX_TOKEN = "", ...others } = repository.secrets;
    const secrets = [
      ...repository.server.authorizations().map(({ token }) => token),
      ...[PULUMI_CONFIG_PASSPHRASE, INFLUX_TOKEN],
      ...[others["INFLUX_READ_TOKEN"] ?? "", others["INFLUX_PREFLIGHT_TOKEN"] ?? ""],
      ...sites.map(({ api }) => api.token),
    ].filter((each) => each !== "");
    expect(secrets.length).toBeGreaterThan(4);
    const everything = shown + sites.flatMap(({ api }) => api.comments.map(({ body }) => body)).join("\n");
    expect(everything.length).toBeGreaterThan(10_000);
    expect(secrets.filter((each) => everything.includes(each))).toEqual([]);
  });
});
