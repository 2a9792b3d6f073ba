import type { Authorization, NewAuthorization, Permission } from "../../../provider/types";
import { type RewritingProxy, startRewritingProxy } from "../../support/rewritingProxy";
import { setUpRun } from "../../support/testRun";

const POST = "POST /api/v2/authorizations";

describe.each([
  ["hashed", false],
  ["plain", true],
])(
  "something on the way that changes requests and answers, from a server that stores tokens %s",
  (_kind, plainTokens) => {
    let proxy: RewritingProxy;
    const run = setUpRun({ plainTokens });
    const create = (more: object = {}, retries = 4) => run.create({ host: proxy.url, retries }, more);
    const permission = (action: "read" | "write", type: string): Permission => ({
      action,
      resource: { type, orgID: run.server.orgId },
    });

    beforeEach(async () => {
      proxy = await startRewritingProxy(run.server.url);
      await create({ description: "the first" });
      const [first] = run.made();
      await run.server.call("DELETE", `/api/v2/authorizations/${first?.id ?? ""}`);
      run.server.countRequests();
    });
    afterEach(() => proxy.close());

    it.each<[string, string, (description: string) => string]>([
      ["trims", "  ci  ", (text) => text.trim()],
      ["makes one blank of several in", "a  b\tc", (text) => text.replace(/\s+/g, " ")],
      ["normalises", "e\u0301 \uFF21", (text) => text.normalize("NFKC")],
      ["cuts", "a long description", (text) => text.slice(0, 6)],
      ["drops", "ci", () => ""],
      ["adds to", "ci", (text) => `[team] ${text}`],
      ["replaces all of", "ci", () => "managed"],
    ])(
      "%s the description: the one token that is made is recorded, with a warning of the difference",
      async (_what, asked, change) => {
        proxy.request = (body) => ({ ...body, description: change(body.description ?? "") });
        const { id, outs } = await create({ description: asked });
        expect(run.made()).toMatchObject([{ id, token: outs.token, description: change(asked) }]);
        expect(outs.description).toBe(change(asked));
        expect(run.server.countRequests()[POST]).toBe(1);
        expect(run.warnings).toEqual([
          expect.stringMatching(
            new RegExp(
              `^${proxy.url} made the token ${id} with the description ".*" in place of ".*": does something`,
            ),
          ),
        ]);
      },
    );

    it.each<[string, (body: NewAuthorization) => NewAuthorization, RegExp]>([
      [
        "widens the permissions",
        (body) => ({ ...body, permissions: [...body.permissions, permission("write", "buckets")] }),
        /with write:orgs\/\w+\/buckets, which was not asked for: it was deleted again/,
      ],
      [
        "widens them to the whole server",
        (body) => ({ ...body, permissions: [{ action: "read", resource: { type: "tasks" } }] }),
        /with read:\/tasks, which was not asked for, without read:orgs\/\w+\/checks, read:orgs\/\w+\/tasks: it was/,
      ],
      [
        "drops a permission",
        (body) => ({ ...body, permissions: body.permissions.slice(1) }),
        /without read:orgs\/\w+\/checks: it was deleted again/,
      ],
      [
        "makes an inactive token active",
        (body) => ({ ...body, status: "active" }),
        /with the status "active" in place of "inactive": it was deleted again/,
      ],
    ])(
      "%s: the token that is made is deleted, and the error names the difference",
      async (_what, change, message) => {
        proxy.request = change;
        await expect(create({ status: "inactive", readChecks: true })).rejects.toThrow(message);
        expect(run.made()).toEqual([]);
        expect(run.server.countRequests()[POST]).toBe(1);
      },
    );

    it("gives the token another owner: it is deleted, and the error names the difference", async () => {
      const { id: other } = await run.server.call<{ id: string }>("POST", "/api/v2/users", { name: "other" });
      proxy.request = (body) => ({ ...body, userID: other });
      await expect(create({ user: "admin" })).rejects.toThrow(
        new RegExp(`with the owner "${other}" in place of "${run.server.adminId}": it was deleted again`),
      );
      expect(run.made()).toEqual([]);
    });

    it("has one that can neither be used nor deleted recorded without its token, so that the next run replaces it", async () => {
      proxy.request = (body) => ({
        ...body,
        permissions: [...body.permissions, permission("write", "buckets")],
      });
      proxy.refuses = ({ method }) => method === "DELETE";
      const error = await create({}, 0).then(
        () => undefined,
        (reason: unknown) => reason as Error & { id: string; properties: object },
      );
      expect(error?.message).toMatch(/which was not asked for, and it could not be deleted: .* answered 403/);
      expect(run.made()).toMatchObject([{ id: error?.id }]);
      expect(error?.properties).not.toHaveProperty("token");
    });

    it.each<[string, (answer: Authorization) => object]>([
      [
        "leaves out a permission",
        ({ permissions, ...rest }) => ({ ...rest, permissions: permissions.slice(1) }),
      ],
      ["leaves out the organization", (answer) => ({ ...answer, orgID: undefined })],
      ["gives another status", (rest) => ({ ...rest, status: "inactive" })],
    ])("%s in the answer only: the record shows what was made, and that is taken", async (_what, change) => {
      proxy.answer = change;
      const { id, outs } = await create();
      expect(run.made()).toMatchObject([{ id, token: outs.token }]);
      expect(run.server.countRequests()[POST]).toBe(1);
      expect(run.warnings).toEqual([]);
    });

    it("trims one description to another's that is made at once: each is made once, and recorded once", async () => {
      proxy.request = (body) => ({ ...body, description: body.description?.trim() ?? "" });
      const all = await Promise.all(
        [" x", "x", "x ", "x", " y "].map((description) => create({ description })),
      );
      expect(all.map(({ outs }) => outs.token).sort()).toEqual(
        run
          .made()
          .map(({ token }) => token)
          .sort(),
      );
      expect(new Set(all.map(({ id }) => id)).size).toBe(5);
      expect(run.made()).toHaveLength(5);
    });

    it("takes answers for each other: nobody's token is deleted, and each create has its own", async () => {
      proxy.swaps = true;
      const flags: { description?: string }[] = [
        { description: "a" },
        { description: " a " },
        { description: "c", ...{ readChecks: true } },
        { description: "d", ...{ writeTasks: true } },
      ];
      const all = await Promise.all(flags.map((more) => create(more)));
      proxy.swaps = false;
      expect(all.map(({ id, outs }) => [id, outs.token]).sort()).toEqual(
        run
          .made()
          .map(({ id, token }) => [id, token])
          .sort(),
      );
      expect(all.map(({ outs }) => outs.description)).toEqual(["a", " a ", "c", "d"]);
      expect(run.warnings).toEqual([]);
      expect(run.server.countRequests()).toMatchObject({ [POST]: 4 });
    });

    it.each<[string, (body: NewAuthorization) => NewAuthorization]>([
      ["trims the description", (body) => ({ ...body, description: "ci" })],
      [
        "widens the permissions",
        (body) => ({ ...body, permissions: [...body.permissions, permission("write", "buckets")] }),
      ],
    ])(
      "%s, and loses the answer: no other token is made, and the one that may be it is named",
      async (_what, change) => {
        proxy.request = change;
        proxy.losesAnswers = true;
        await expect(create({ description: " ci " })).rejects.toThrow(/could be it/);
        const [token, ...more] = run.made();
        expect(more).toEqual([]);
        await expect(create({ description: " ci " })).rejects.toThrow(
          new RegExp(`it may have been made all the same, and 2 tokens could be it: .*${token?.id ?? ""}`),
        );
      },
    );

    it("widens one, and loses the answer, where others look as it was asked for: all are named", async () => {
      const { orgId: orgID } = run.server;
      const alike = { orgID, description: "ci", permissions: [permission("read", "tasks")] };
      for (let n = 0; n < 2; n += 1) await run.server.call("POST", "/api/v2/authorizations", alike);
      proxy.request = (body) => ({
        ...body,
        permissions: [...body.permissions, permission("write", "buckets")],
      });
      proxy.losesAnswers = true;
      const message = await create({ description: "ci" }).then(
        String,
        (error: unknown) => (error as Error).message,
      );
      expect(message).toContain("3 tokens could be it");
      expect(run.made()).toHaveLength(3);
      for (const { id } of run.made()) expect(message).toContain(id);
    });
  },
);
