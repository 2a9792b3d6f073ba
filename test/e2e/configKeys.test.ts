import { BEHAVIOUR_HOSTS, type BehaviourStack } from "../support/behaviourHosts";
import { startServer, type TestServer } from "../support/influxdb";
describe.each(BEHAVIOUR_HOSTS)(
  "the keys of a $kind stack's config, with the real engine",
  ({ kind, open }) => {
    let stack: BehaviourStack;
    beforeAll(async () => {
      stack = await open();
      const args = { org: "acme", readTasks: true };
      stack.declare({ a: { args }, b: { args }, c: { args } });
    });
    afterAll(() => stack.dispose());

    // A plugin is given the keys of its own namespace only.
    if (kind === "dynamic")
      it("are named in one warning each where `pulumi config set` without a namespace put them", async () => {
        await stack.engine.configSet("host", "https://elsewhere.test");
        await stack.engine.configSet("token", "s3cret-t0ken", { secret: true });
        const shown = await stack.preview();
        const [, diagnostics = ""] = shown.split("Diagnostics:");
        expect(diagnostics.split("if it is meant for one, set influx-token:host in its place")).toHaveLength(
          2,
        );
        expect(diagnostics.split("no token reads behaviour:token")).toHaveLength(2);
        expect(shown).not.toMatch(/s3cret|elsewhere/);
        expect(await stack.up()).toEqual({ created: 4 });
      });

    it("stop the program before anything is made or sent where nobody reads them", async () => {
      await stack.engine.configSet("influx-token:hots", "https://elsewhere.test");
      const made = stack.server.authorizations().length;
      stack.server.countRequests();
      for (const command of ["preview", "up"]) {
        const args = command === "up" ? ["up", "--yes", "--skip-preview"] : ["preview"];
        const shown = await stack.failing(args);
        expect(shown).toContain(
          "the stack config has influx-token:hots, which is not known: did you mean influx-token:host?",
        );
        expect(shown).not.toMatch(/elsewhere|configKeys\.js|influxToken\.js/);
      }
      expect(stack.server.countRequests()).toEqual({});
      expect(stack.server.authorizations()).toHaveLength(made);
    });
  },
);

const SEVERAL = "several servers and organizations in one $kind stack, with defaults in its config";
describe.each(BEHAVIOUR_HOSTS)(SEVERAL, ({ open, providers }) => {
  let stack: BehaviourStack;
  let other: TestServer;
  beforeAll(async () => {
    // Each provider of a program is a process of its own.
    stack = await open({ ownProcess: true });
    other = await startServer();
    for (const server of [stack.server, other]) {
      await server.call("POST", "/api/v2/orgs", { name: "umbrella" });
      await server.call("POST", "/api/v2/users", { name: "robot" });
    }
    await stack.engine.configSet("influx-token:org", "acme");
  });
  afterAll(async () => {
    await stack.dispose();
    await other.close();
  });

  /** What is on the servers beside the operator's tokens: organization, owner, description and status. */
  const made = (): string[] =>
    [stack.server, other]
      .flatMap((server, n) =>
        server
          .authorizations()
          .slice(1)
          .map(({ orgID, userID, description }) => {
            const [org, user] = [
              orgID === server.orgId ? "acme" : "umbrella",
              userID === server.adminId ? "admin" : "robot",
            ];
            return `${n} ${org} ${user} "${description}"`;
          }),
      )
      .sort();

  it("gives each token what it leaves out: later defaults count like changes of its inputs", async () => {
    const connection = { host: other.url, token: other.operatorToken };
    const ignoreChanges = ["user", "description"];
    stack.declare({
      a: { args: { readTasks: true } },
      b: { args: { org: "umbrella", readTasks: true, description: "own" } },
      c: { args: { readTasks: true }, connection, options: { ignoreChanges } },
      d: { args: { org: "umbrella", user: "admin", description: "", readTasks: true }, connection },
      e: { args: { readLabels: true }, connection },
    });
    const own = providers(3);
    expect(await stack.up()).toEqual({ created: 6 + own });
    const before = ['0 acme admin ""', '0 umbrella admin "own"', '1 acme admin ""', '1 acme admin ""'];
    expect(made()).toEqual([...before, '1 umbrella admin ""']);

    await stack.engine.configSet("influx-token:user", "robot");
    await stack.engine.configSet("influx-token:descriptionTemplate", "{stack} {{{name}}}");
    expect(await stack.up(["--diff"])).toEqual({ replaced: 3, unchanged: 3 + own });
    const now = [
      '0 acme robot "dev {a}"',
      '0 umbrella robot "own"',
      '1 acme admin ""',
      '1 acme robot "dev {e}"',
      '1 umbrella admin ""',
    ];
    expect(made()).toEqual(now);
    expect(stack.printed()).toMatch(/description *: "dev \{a\}"/);
    expect(await stack.up()).toEqual({ unchanged: 6 + own });
    expect(await stack.refresh()).toEqual({ unchanged: 6 + own });

    await stack.engine.configSet("influx-token:descriptionTemplate", "{project}/{name}");
    [stack.server, other].forEach((server) => server.countRequests());
    expect(await stack.up(["--diff"])).toEqual({ updated: 2, unchanged: 4 + own });
    expect(stack.printed()).toMatch(/~ description: "dev \{e\}" => "behaviour\/e"/);
    const sent = [stack.server, other].map((server) => server.countRequests());
    expect(sent).toEqual(Array(2).fill({ "PATCH /api/v2/authorizations/{id}": 1 }));
    await stack.destroy();
    expect(made()).toEqual([]);
  });
});
