import { join } from "node:path";
import { makeReport } from "../../report/model";
import { parsePreview } from "../../report/parse";
import { succeeded } from "../../scripts/engine";
import { BEHAVIOUR_HOSTS, type BehaviourStack, outputOf, secret } from "../support/behaviourHosts";
import { reverseProxyTo } from "../support/reverseProxy";
import { Servers } from "../support/serving";

const GET_ONE = "GET /api/v2/authorizations/{id}";

/** The lines of a token in `preview --diff`, without what is the same. */
function changedLines(shown: string): string[] {
  return shown.split("\n").flatMap((line) => /^\s+([+~-] .*)$/.exec(line)?.[1]?.replace(/ +:/, ":") ?? []);
}

const servers = new Servers();
let stack: BehaviourStack;

async function close(env?: Record<string, string>): Promise<void> {
  try {
    succeeded(await stack.engine.destroy([], env));
    expect(stack.server.authorizations()).toHaveLength(1);
  } finally {
    await stack.dispose();
    await servers.end();
  }
}

const token = (args: object, options = {}): void => {
  stack.declare({ ci: { args: { org: "acme", ...args }, options } });
};

async function outputsOf(name = "ci"): Promise<Record<string, unknown>> {
  return (await stack.resources()).find(({ urn }) => urn.endsWith(`::${name}`))?.outputs ?? {};
}

const made = (): string[] =>
  stack.server
    .authorizations()
    .slice(1)
    .map(({ id }) => id);

describe.each(BEHAVIOUR_HOSTS)("a $kind stack whose host comes from its config", ({ open }) => {
  beforeAll(async () => {
    stack = await open();
  });
  afterAll(() => close());

  describe("what a preview shows", () => {
    it("is each permission, and the server that the token will be made on", async () => {
      token({ readTasks: true, writeTasks: true, readLabels: true });
      const shown = await stack.preview(["--diff"]);
      expect(shown).toContain('orgs/acme/tasks : "read, write"');
      expect(shown).toMatch(new RegExp(`host +: "${stack.server.url}"`));
      await stack.up();
    });

    it("of one permission more is one line, and of one less one line", async () => {
      token({ readChecks: true, readTasks: true, readLabels: true });
      const shown = changedLines(await stack.preview(["--diff"]));
      const [, ...lines] = shown.slice(shown.findIndex((line) => line.startsWith("~ permissions")));
      const permissions = lines.filter((line) => line.includes("orgs/acme/"));
      expect(permissions).toEqual([
        '+ orgs/acme/checks: "read"',
        '~ orgs/acme/tasks: "read, write" => "read"',
      ]);
    });

    it("hides permissions and host where a secret is among what they are made of, for good", async () => {
      const args = { org: secret("acme"), user: secret("admin"), readLabels: true };
      const connection = { host: secret(stack.server.url), token: secret(stack.server.operatorToken) };
      stack.declare({ ci: { args, connection } });
      const shown = await stack.preview(["--diff"]);
      expect(shown).toMatch(/permissions *: \[secret\]/);
      expect(shown).toMatch(/host *: \[secret\]/);
      await stack.up();
      await stack.server.call("PATCH", `/api/v2/orgs/${stack.server.orgId}`, { name: "hidden acme" });
      await stack.refresh();
      const own = JSON.stringify(await outputsOf());
      for (const hidden of ["acme", "admin", stack.server.url]) expect(own).not.toContain(hidden);
      await stack.server.call("PATCH", `/api/v2/orgs/${stack.server.orgId}`, { name: "acme" });
    });

    it("can be planned where a bucket is not known yet, and the plan is kept", async () => {
      const bucket = await stack.server.makeBucket("admin");
      // Who owns a token is known when it is made.
      stack.declare({
        owned: { args: { org: "acme", readLabels: true } },
        planned: { args: { org: "acme", readBucket: [outputOf("owned", "user")], readTasks: true } },
      });
      const plan = join(stack.folder, "plan.json");
      const shown = await stack.preview(["--diff", `--save-plan=${plan}`]);
      expect(shown).toMatch(/permissions: (output<string>|\[unknown\])/);
      await stack.up([`--plan=${plan}`]);
      const own = `orgs/${stack.server.orgId}`;
      expect(await outputsOf("planned")).toMatchObject({
        effectivePermissions: { [`${own}/buckets/${bucket}`]: "read", [`${own}/tasks`]: "read" },
      });
      expect(await stack.up()).toEqual({ unchanged: 3 });
    });
  });

  describe("options of Pulumi", () => {
    it("ignoreChanges works on later runs, of everything and of permissions, and leaves other changes alone", async () => {
      const declare = (all: object, permissions: object, ignored?: readonly string[][]): void => {
        const [ofAll, ofPermissions] = ignored ?? [];
        stack.declare({
          ci: { args: { org: "acme", ...all }, options: { ignoreChanges: ofAll } },
          cd: { args: { org: "acme", ...permissions }, options: { ignoreChanges: ofPermissions } },
        });
      };
      declare({ readTasks: true }, { readTasks: true });
      await stack.up();
      const before = made();
      declare({ user: "nobody", writeTasks: true }, { writeTasks: true, description: "other" }, [
        ["*"],
        ["permissions"],
      ]);
      expect(await stack.up()).toEqual({ updated: 1, unchanged: 2 });
      expect(await stack.up(["--refresh"])).toEqual({ unchanged: 3 });
      expect(made()).toEqual(before);
      expect(await outputsOf("cd")).toMatchObject({
        description: "other",
        permissions: { "orgs/acme/tasks": "read" },
      });
    });
  });

  it("deactivateOnDelete leaves what is replaced and destroyed on the server, switched off", async () => {
    const declare = (period: string): void => {
      token({ readTasks: true, deactivateOnDelete: true, keepers: { period } });
    };
    const statuses = (): string[] => stack.server.authorizations().map(({ status }) => status);
    declare("1");
    await stack.up();
    declare("2");
    const report = makeReport(parsePreview(await stack.preview(["--json", "--show-sames"])));
    expect(report.tokens).toMatchObject([
      { action: "replace", reasons: ["keepers"], status: "active" },
      { action: "leave", reasons: ["deactivateOnDelete"], status: "inactive" },
    ]);
    await stack.up();
    expect(statuses()).toEqual(["active", "inactive", "active"]);
    stack.server.countRequests();
    await stack.destroy();
    expect(stack.server.countRequests()).toEqual({ "PATCH /api/v2/authorizations/{id}": 1 });
    expect(statuses()).toEqual(["active", "inactive", "inactive"]);
    for (const id of made()) await stack.server.call("DELETE", `/api/v2/authorizations/${id}`);
  });

  describe("a token whose time is over", () => {
    it("is replaced by the next run: not by this one, not for a drift check, not against a plan or protect", async () => {
      stack.server.setClock("2020-01-01T00:00:00Z");
      token({ readTasks: true, keepers: { made: "long ago" } });
      await stack.up();
      stack.server.setClock();
      const [old] = made();
      const declare = (options?: object): void => {
        token({ readTasks: true, keepers: { made: "long ago" }, rotateAfter: "90d" }, options);
      };
      declare();
      expect(await stack.up()).toEqual({ updated: 1, unchanged: 1 });
      expect(await outputsOf()).toMatchObject({ rotateAt: "2020-03-31T00:00:00.000Z" });
      const plan = join(stack.folder, "rotation.json");
      const check = ["--refresh", "--expect-no-changes", `--save-plan=${plan}`];
      succeeded(await stack.engine.preview(check, { INFLUX_ROTATION: "off" }));
      const up = ["up", "--yes", "--skip-preview"];
      expect(await stack.failing([...up, `--plan=${plan}`])).toMatch(/violates plan|not allowed by the plan/);
      declare({ protect: true });
      succeeded(await stack.engine.up([], { INFLUX_ROTATION: "off" }));
      expect(await stack.failing(up)).toContain("protect");
      expect(made()).toEqual([old]);
      declare({ ignoreChanges: ["*"] });
      expect(await stack.up()).toEqual({ replaced: 1, unchanged: 1 });
      expect(made()).not.toContain(old);
      expect(made()).toHaveLength(1);
      expect(await stack.up(["--refresh"])).toEqual({ unchanged: 2 });
    });
  });

  describe("a server that lives on", () => {
    it("renames an organization: no token is replaced, whatever is edited and refreshed in which order", async () => {
      const { orgId } = stack.server;
      const rename = (name: string): Promise<unknown> =>
        stack.server.call("PATCH", `/api/v2/orgs/${orgId}`, { name });
      token({ readTasks: true });
      await stack.up();
      const before = made();
      await rename("a/b/c");
      token({ readTasks: true, description: "after the rename" });
      expect(await stack.up()).toEqual({ updated: 1, unchanged: 1 });
      expect(await stack.up(["--refresh"])).toEqual({ unchanged: 2 });
      token({ org: "a/b/c", readTasks: true, description: "after the rename" });
      expect(await stack.up()).toEqual({ updated: 1, unchanged: 1 });
      expect(await outputsOf()).toMatchObject({ permissions: { "orgs/a%2Fb%2Fc/tasks": "read" } });
      expect(await stack.up()).toEqual({ unchanged: 2 });
      expect(made()).toEqual(before);
      await rename("acme");
    });

    it("loses an organization: its token stays in the state with a warning, and is deleted by `destroy`", async () => {
      const { id } = await stack.server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "doomed" });
      token({ org: "doomed", readOrgs: true, acknowledge: { "server-wide-orgs": "test" } });
      await stack.up();
      await stack.server.call("DELETE", `/api/v2/orgs/${id}`);
      const before = made();
      await stack.refresh();
      expect(stack.printed()).toContain(`the organization "doomed" (${id}) of the token ${before[0] ?? ""}`);
      expect(await outputsOf()).toHaveProperty("token");
      // Each refresh says so again, until it is mended.
      const shown = await stack.failing(["up", "--refresh", "--yes", "--skip-preview"]);
      expect(shown).toContain(`the organization "doomed" (${id}) of the token`);
      expect(shown).toContain('cannot look up the organization "doomed" from org');
      expect(made()).toEqual(before);
    });
  });
});

describe.each(BEHAVIOUR_HOSTS)("a $kind stack whose host comes from the environment", ({ open }) => {
  beforeAll(async () => {
    stack = await open({ configure: false, ownProcess: true });
  });
  afterAll(() => close({ INFLUX_TOKEN: stack.server.operatorToken }));
  const summaryOf = (text: string): string => /^Resources:\n((?: {4}.*\n)+)/m.exec(text)?.[1]?.trim() ?? text;

  it("keeps to the recorded server, fails where the environment names another, and moves where the config does", async () => {
    const env = { INFLUX_HOST: stack.server.url, INFLUX_TOKEN: stack.server.operatorToken };
    const clone = await servers.serve(reverseProxyTo(stack.server.url));
    const otherEnv = { ...env, INFLUX_HOST: clone };
    token({ readTasks: true });
    expect(summaryOf((await stack.engine.up([], env)).stdout)).toContain("2 created");
    const before = made();

    stack.server.countRequests();
    const attempts = [
      ["up", "--yes", "--skip-preview"],
      ["refresh", "--yes", "--skip-preview"],
      ["destroy", "--yes", "--skip-preview"],
    ];
    for (const command of attempts) {
      const shown = await stack.failing(command, otherEnv);
      expect(shown).toContain(stack.server.url);
      expect(shown).toContain(clone);
    }
    expect(stack.server.countRequests()).toEqual({});
    expect(made()).toEqual(before);

    await stack.engine.configSet("influx-token:host", clone);
    const tokenOnly = { INFLUX_TOKEN: stack.server.operatorToken };
    const shown = (await stack.engine.preview(["--diff"], tokenOnly)).stdout;
    expect(changedLines(shown)).toContain(`~ host: "${stack.server.url}" => "${clone}"`);
    expect(summaryOf((await stack.engine.up([], tokenOnly)).stdout)).toContain("1 updated");
    expect(stack.server.countRequests()).toEqual({ [GET_ONE]: 1 });
    expect(await outputsOf()).toMatchObject({ host: clone });
    expect(made()).toEqual(before);
  });

  it("neither replaces nor deletes the token that a run authenticates with, and refreshes it", async () => {
    const types = ["Authorizations", "Users", "Orgs"];
    const flags = types.flatMap((type) => [`read${type}`, `write${type}`]);
    const rights: Record<string, boolean> = Object.fromEntries(flags.map((flag) => [flag, true]));
    const declare = (more: object): void => {
      token({ ...rights, status: "inactive", ...more });
    };
    const operator = { INFLUX_TOKEN: stack.server.operatorToken };
    await stack.engine.configSet("influx-token:host", stack.server.url);
    declare({});
    succeeded(await stack.engine.up([], operator));
    const [id = ""] = made();
    await stack.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "active" });
    const value = stack.server.authorizations().at(-1)?.token ?? "";
    const own = { INFLUX_TOKEN: value };
    // The engine compares what it finds with the program: `up` would switch the token off.
    expect(summaryOf(succeeded(await stack.engine.refresh([], own)).stdout)).toContain("1 updated");
    const isRefused = async (args: string[], verb: string): Promise<void> => {
      stack.server.countRequests();
      const shown = await stack.failing(args, own);
      expect(shown).toContain(`cannot ${verb} the token ${id}: it is the token that this run authenticates`);
      expect(shown).toContain("from INFLUX_TOKEN");
      expect(shown).not.toContain(value);
      expect(stack.server.countRequests()).toEqual({});
    };
    await isRefused(["preview"], "switch off");
    declare({ keepers: { period: "2" } });
    await isRefused(["preview"], "replace");
    await isRefused(["destroy", "--yes", "--skip-preview"], "delete");
    expect(made()).toEqual([id]);
  });
});
