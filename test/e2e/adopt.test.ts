import type { StoredAuthorization } from "../../emulator";
import { succeeded, tokenResources } from "../../scripts/engine";
import { BEHAVIOUR_HOSTS, type BehaviourStack } from "../support/behaviourHosts";

type Args = Readonly<Record<string, unknown>>;

let stack: BehaviourStack;

const declare = (args: Args, options: Args = {}): void => {
  stack.declare({ ci: { args, options } });
};

const requests = (): Record<string, number> => stack.server.countRequests();

const GET_ONE = "GET /api/v2/authorizations/{id}";
const PREFLIGHT = { INFLUX_PREFLIGHT: "1" };

// The server stores tokens hashed: only who made one knows its value.
describe.each(BEHAVIOUR_HOSTS)("a $kind program that takes over what was made by hand", ({ kind, open }) => {
  beforeAll(async () => {
    stack = await open();
  });
  afterAll(async () => {
    try {
      succeeded(await stack.engine.destroy());
      expect(stack.server.authorizations()).toHaveLength(1);
    } finally {
      await stack.dispose();
    }
  });
  /** How a program names the token: the option import of a native one is Pulumi's own, and takes no value. */
  const adopting = (id: string, args: Args): [Args, Args] =>
    kind === "dynamic" ? [args, { import: id }] : [{ ...args, adopt: id }, {}];

  describe("a token that was made by hand", () => {
    let byHand: StoredAuthorization;
    let bucket: string;

    beforeAll(async () => {
      const { orgId: orgID } = stack.server;
      bucket = await stack.server.makeBucket("metrics");
      byHand = await stack.server.call("POST", "/api/v2/authorizations", {
        orgID,
        description: "by hand",
        permissions: [{ action: "write", resource: { type: "buckets", orgID, id: bucket } }],
      });
      requests();
    });

    it("that is not what the program declares fails a preview with preflight, line by line", async () => {
      declare(...adopting(byHand.id, { org: "acme", writeBucket: ["metrics"], readTasks: true }));
      const shown = await stack.failing(["preview"], PREFLIGHT);
      expect(shown).toContain('~ description: "by hand" on the server, none in the program');
      expect(shown).toContain("+ read:orgs/acme/tasks");
      expect(Object.keys(requests()).filter((name) => !name.startsWith("GET"))).toEqual([]);
    });

    it("is adopted, by the option import too where Pulumi leaves that to the provider: the preview shows the id, and the state keeps its value a secret", async () => {
      const args = { org: "acme", description: "by hand", writeBucket: ["metrics"] };
      declare(...adopting(byHand.id, { ...args, adoptToken: byHand.token }));
      expect(await stack.preview(["--diff"])).toMatch(new RegExp(`adopt +: "${byHand.id}"`));
      expect(requests()).toEqual({});
      expect(await stack.up()).toEqual({ created: 2 });
      const [token] = tokenResources(await stack.engine.state());
      expect(token?.id).toBe(byHand.id);
      expect(JSON.stringify(token)).not.toContain(byHand.token);
      expect(stack.printed()).not.toContain(byHand.token);
      expect(stack.server.authorizations()).toHaveLength(2);
    });

    it("stays as it is: a second up, a refresh and the program without the option change nothing", async () => {
      expect(await stack.up()).toEqual({ unchanged: 2 });
      requests();
      expect(await stack.refresh()).toEqual({ unchanged: 2 });
      expect(requests()).toEqual({ [GET_ONE]: 1, "GET /api/v2/buckets": 1 });
      declare({ org: "acme", description: "by hand", writeBucket: [bucket] });
      expect(await stack.up()).toEqual({ unchanged: 2 });
    });

    it("is not lost by a replacement while the program still adopts it, forced or not", async () => {
      const args = {
        org: "acme",
        description: "by hand",
        writeBucket: ["metrics"],
        adoptToken: byHand.token,
      };
      declare(...adopting(byHand.id, { ...args, readTasks: true }));
      expect(await stack.failing(["preview"])).toContain("remove adopt first");
      declare(...adopting(byHand.id, args));
      const [token] = tokenResources(await stack.engine.state());
      const forced = await stack.up(["--replace", token?.urn ?? ""]);
      expect(forced).toMatchObject({ replaced: 1 });
      expect(stack.server.authorizations().map(({ id }) => id)).toContain(byHand.id);
      expect(stack.printed()).toContain("only its old record is removed");
    });
  });

  describe("a token that two resources of a program adopt", () => {
    it("fails the preview, which names both", async () => {
      const args = { org: "acme", readTasks: true, adopt: "00000000000000EF" };
      stack.declare({ one: { args }, two: { args } });
      expect(await stack.failing(["preview"])).toMatch(
        kind === "dynamic"
          ? 'InfluxToken "two" adopts the token 00000000000000EF, which InfluxToken "one" adopts already'
          : /adopt names the token 00000000000000ef, which "(one|two)" adopts already: adopt a token once/,
      );
    });
  });

  describe("a preview with preflight", () => {
    it("names the input of what the server does not have", async () => {
      declare({ org: "acme", readBucket: ["metrisc"], user: "nobody" });
      const shown = await stack.failing(["preview"], PREFLIGHT);
      expect(shown).toMatch(/property readBucket\[0\] .*did you mean "metrics"/s);
      expect(shown).toMatch(/property user .*"nobody"/s);
    });
  });
});
