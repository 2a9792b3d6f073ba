import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nameOf, type StackResource } from "../../scripts/engine";
import {
  BEHAVIOUR_HOSTS,
  type BehaviourStack,
  type Declared,
  outputOf,
  textOf,
} from "../support/behaviourHosts";

const GET_ONE = "GET /api/v2/authorizations/{id}";
const PATCH_ONE = "PATCH /api/v2/authorizations/{id}";
const DELETE_ONE = "DELETE /api/v2/authorizations/{id}";
const POST = "POST /api/v2/authorizations";

// The native plugin runs in a process of its own, as a user's does.
describe.each(BEHAVIOUR_HOSTS)(
  "a $kind stack whose declarations change",
  ({ kind, open, type, providers }) => {
    let stack: BehaviourStack;
    beforeAll(async () => {
      stack = await open({ ownProcess: true });
    });
    afterAll(() => stack.dispose());

    const tasks = { org: "acme", readTasks: true };
    /** How many resources there are for the connection of one token. */
    const one = providers(1);
    let declared: Record<string, Declared> = {};

    function declare(
      tokens: Record<string, Record<string, unknown>>,
      more: Record<string, Declared> = {},
    ): void {
      const plain = Object.entries(tokens).map(([name, args]) => [name, { args }]);
      declared = { ...(Object.fromEntries(plain) as Record<string, Declared>), ...more };
      stack.declare(declared);
    }

    function redeclare(name: string, inputs: Record<string, unknown>): void {
      const { [name]: before = { args: {} } } = declared;
      declared = { ...declared, [name]: { ...before, args: { ...before.args, ...inputs } } };
      stack.declare(declared);
    }

    const made = (description: string): { id: string; token: string; status: string } | undefined =>
      stack.server.authorizations().find((authorization) => authorization.description === description);

    it("makes many tokens of one organization with one look-up of it", async () => {
      declare(
        Object.fromEntries(
          Array.from({ length: 12 }, (_, n) => [
            `token-${n}`,
            { org: "acme", readTasks: true, description: `d${n}` },
          ]),
        ),
      );
      expect(await stack.up()).toEqual({ created: 13 });
      expect(stack.server.countRequests()).toEqual({ [POST]: 12, "GET /api/v2/orgs": 1 });
    });

    it("refreshes each by one request, and destroys what is no longer declared by one each", async () => {
      expect(await stack.refresh()).toEqual({ unchanged: 13 });
      expect(stack.server.countRequests()).toEqual({ [GET_ONE]: 12 });
      declare({ edited: { ...tasks, description: "e0" }, widened: tasks, rotated: tasks });
      expect(await stack.up()).toEqual({ created: 3, deleted: 12, unchanged: 1 });
      expect(stack.server.countRequests()).toEqual({ [POST]: 3, "GET /api/v2/orgs": 1, [DELETE_ONE]: 12 });
    });

    describe("by an edit of each kind", () => {
      let before: ReadonlyMap<string, StackResource>;
      let after: ReadonlyMap<string, StackResource>;
      let shown = "";
      let requests = {};
      const byName = async (): Promise<ReadonlyMap<string, StackResource>> =>
        new Map((await stack.resources()).map((resource) => [nameOf(resource), resource]));

      beforeAll(async () => {
        before = await byName();
        const connection = { token: stack.server.operatorToken, host: stack.server.url };
        declare(
          {
            edited: { ...tasks, description: "e1", status: "inactive" },
            widened: { ...tasks, writeTasks: true, description: "widened" },
            rotated: { ...tasks, keepers: { period: "2026-12" } },
          },
          { own: { args: { ...tasks, description: "own" }, connection } },
        );
        shown = await stack.preview(["--diff"]);
        expect(await stack.up()).toEqual({ created: 1 + one, updated: 1, replaced: 2, unchanged: 1 });
        requests = stack.server.countRequests();
        after = await byName();
      });

      it("changes description and status in place, by one request, and the token stays the same", () => {
        expect(requests).toMatchObject({ [PATCH_ONE]: 1 });
        const { id } = before.get("edited") ?? {};
        expect(after.get("edited")).toMatchObject({ id, outputs: { description: "e1", status: "inactive" } });
        expect(made("e1")).toMatchObject({ id, status: "inactive" });
      });

      it("makes a new token for other permissions, and deletes the old one", () => {
        expect(shown).toContain(`+-${type}: (replace)`);
        expect(shown).toMatch(/~ orgs\/acme\/tasks: "read" => "read, write"/);
        expect(requests).toMatchObject({ [POST]: 3, [DELETE_ONE]: 2 });
        expect(made("widened")?.id).not.toBe(before.get("widened")?.id);
      });

      it("makes a new token for another keeper", () => {
        expect(after.get("rotated")?.id).not.toBe(before.get("rotated")?.id);
        expect(stack.server.authorizations()).toHaveLength(5);
      });
    });

    it("makes no change the next time, and none of an organization that is named by its id now", async () => {
      const { orgId } = stack.server;
      redeclare("widened", { orgId, org: undefined });
      expect(await stack.up()).toEqual({ unchanged: 5 + one });
      expect(stack.server.countRequests()).toEqual({});
    });

    it("finds what was changed and deleted behind its back, mends it and makes it again", async () => {
      const { id = "" } = made("widened") ?? {};
      await stack.server.call("PATCH", `/api/v2/authorizations/${id}`, { status: "inactive" });
      await stack.server.call("DELETE", `/api/v2/authorizations/${made("e1")?.id ?? ""}`);
      expect(await stack.refresh()).toEqual({ updated: 1, deleted: 1, unchanged: 3 + one });
      redeclare("own", { description: "own, updated" });
      expect(await stack.up()).toEqual({ created: 1, updated: 2, unchanged: 2 + one });
      expect(stack.server.countRequests()).toEqual({ [PATCH_ONE]: 2, [POST]: 1, "GET /api/v2/orgs": 1 });
      expect(made("widened")).toMatchObject({ id, status: "active" });
      expect(made("e1")).toBeDefined();
    });

    it("has kept connection.token secret through create, refresh and update", async () => {
      const everything = (await stack.engine.stateText()) + stack.printed();
      expect(everything).toContain(stack.server.url);
      expect(everything).not.toContain(stack.server.operatorToken);
      expect(everything).not.toContain(made("own, updated")?.token ?? "no token");
    });

    it("fails a preview of wrong inputs, naming each property and what to do", async () => {
      const [name, text, list] = [{ readBukets: true }, { readTasks: "yes" }, { writeBucket: ["name:"] }];
      declare({ ci: { org: "acme", ...name, ...text, ...list } });
      const shown = await stack.failing(["preview"]);
      if (kind === "native") {
        // The host of YAML holds the program to the schema, and the plugin sees what fits it.
        expect(shown).toContain("Existing properties are: readBuckets");
        expect(shown).toContain("readTasks: Cannot assign type 'string' to type 'boolean'");
        declare({ ci: { org: "acme", ...list, rotateAfter: "soon" } });
        const more = await stack.failing(["preview"]);
        expect(more).toMatch(/property writeBucket\[0\] value .* has a problem: .*"name:" is empty/);
        expect(more).toMatch(/property rotateAfter value .* has a problem: rotateAfter/);
      } else {
        expect(shown).toContain("did you mean readBuckets?");
        expect(shown).toContain("readTasks must be true or false, not a string");
        expect(shown).toContain('"name:" is empty');
      }
      expect(shown).not.toMatch(/\n\s+at /);
      expect(stack.server.countRequests()).toEqual({});
    });

    it("leaves nothing behind", async () => {
      expect(await stack.destroy()).toEqual({ deleted: 5 + one });
      expect(stack.server.authorizations()).toHaveLength(1);
    });
  },
);

describe.each(BEHAVIOUR_HOSTS)(
  "a $kind token that depends on another one's outputs",
  ({ open, providers }) => {
    let stack: BehaviourStack;
    beforeAll(async () => {
      stack = await open({ ownProcess: true });
    });
    afterAll(() => stack.dispose());

    const declare = (description: string): void => {
      stack.declare({
        maker: { args: { org: "acme", allAccess: true, description } },
        // What the maker's token and ids are is known after the first `pulumi up` only.
        made: {
          args: {
            orgId: outputOf("maker", "orgId"),
            readTasks: true,
            description: textOf("made by ", outputOf("maker", "id")),
          },
          connection: { token: outputOf("maker", "token") },
        },
      });
    };
    const one = providers(1);

    it("is previewed with open values, made with the other's token, and settles", async () => {
      declare("maker");
      expect(await stack.preview(["--diff"])).toMatch(/orgId +: (output<string>|\[unknown\])/);
      expect(await stack.up()).toEqual({ created: 3 + one });
      const [, maker, made] = stack.server.authorizations();
      expect(made?.description).toBe(`made by ${maker?.id ?? ""}`);
      expect(await stack.up(["--refresh"])).toEqual({ unchanged: 3 + one });
      const state = await stack.engine.stateText();
      expect(state).not.toContain(maker?.token);
      expect(state).not.toContain(made?.token);
    });

    it("is left alone when the other one only changes its description", async () => {
      declare("another");
      expect(await stack.up()).toEqual({ updated: 1, unchanged: 2 + one });
    });

    it("goes before the other one does", async () => {
      expect(await stack.destroy()).toEqual({ deleted: 3 + one });
      expect(stack.server.authorizations()).toHaveLength(1);
    });
  },
);

describe.each(BEHAVIOUR_HOSTS)("a $kind stack without config of its own", ({ open }) => {
  let stack: BehaviourStack;
  const MISSING = { INFLUX_ACTIVE_CONFIG: "prod" };
  beforeAll(async () => {
    stack = await open({ configure: false, ownProcess: true });
    const configs = join(stack.engine.folder, "home", ".influxdbv2", "configs");
    mkdirSync(dirname(configs));
    stack.declare({ ci: { args: { readTasks: true } } });
    writeFileSync(
      configs,
      `[local]\nurl = "${stack.server.url}"\ntoken = "${stack.server.operatorToken}"\norg = "acme"\nactive = true\n`,
    );
  });
  afterAll(() => stack.dispose());

  it("takes server, token and organization from the influx CLI's profile, and shows the organization", async () => {
    expect(await stack.preview(["--diff"])).toMatch(/org +: "acme"/);
    expect(await stack.up()).toEqual({ created: 2 });
    expect(await stack.engine.stateText()).not.toContain(stack.server.operatorToken);
  });

  it("needs no profile for a preview, and keeps the organization that its token has, whatever the environment says", async () => {
    const { code, stdout } = await stack.engine.preview(["--diff"], { ...MISSING, INFLUX_ORG: "umbrella" });
    expect(code).toBe(0);
    expect(stdout).not.toContain("umbrella");
    expect(stdout).toMatch(/2 unchanged/);
  });

  it("says where a profile is missed, where a token is needed", async () => {
    const shown = await stack.failing(["refresh", "--yes", "--skip-preview"], MISSING);
    expect(shown).toContain('has no profile "prod", asked for by INFLUX_ACTIVE_CONFIG: it has "local"');
  });

  it("is refreshed and destroyed by the same profile", async () => {
    expect(await stack.destroy(["--refresh"])).toEqual({ deleted: 2 });
    expect(stack.server.authorizations()).toHaveLength(1);
  });
});
