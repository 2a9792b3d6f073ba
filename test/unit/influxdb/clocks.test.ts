import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { setUpRun } from "../../support/testRun";

const run = setUpRun();

const ids = (): string[] => run.made().map(({ id }) => id);

/** A front that writes the date by its own clock, and loses or refuses the first requests that make a token. */
function frontWith(aheadMs: number, atPost: (response: ServerResponse, answer: () => void) => boolean) {
  const { hostname, port } = new URL(run.server.url);
  return run.servers.serve((request: IncomingMessage, response: ServerResponse) => {
    const pass = (lose: boolean): void => {
      const { method, url: path, headers } = request;
      request.pipe(
        forward({ hostname, port, path, method, headers }, (answer) => {
          const date = new Date(Date.now() + aheadMs).toUTCString();
          if (lose) return void answer.resume().on("end", () => request.socket.destroy());
          response.writeHead(answer.statusCode ?? 500, { ...answer.headers, date });
          answer.pipe(response);
        }),
      );
    };
    const isCreate = request.method === "POST";
    const isHandled =
      isCreate &&
      atPost(response, () => {
        pass(true);
      });
    if (!isHandled) pass(false);
  });
}

/** Loses the answer to the first request that makes a token. */
function losingFirst(): Parameters<typeof frontWith>[1] {
  let isFirst = true;
  return (_response, loseAnswer) => {
    if (!isFirst) return false;
    isFirst = false;
    loseAnswer();
    return true;
  };
}

const create = (host: string) => run.create({ host }, { description: "ci" });

describe("the look for a lost token, behind a front with a clock of its own", () => {
  it("makes no second one where that clock is ahead, but names the one that there is", async () => {
    let posts = 0;
    const url = await frontWith(10_000, (_response, loseAnswer) => {
      posts += 1;
      loseAnswer();
      return true;
    });
    const error = await create(url).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(posts).toBe(1);
    const [only, ...others] = ids();
    expect(others).toEqual([]);
    expect(error?.message).toContain(`one token could be it: ${String(only)}`);
  });

  it("neither takes nor deletes an older one that is just like it where that clock is behind", async () => {
    const inputs = { orgID: run.server.orgId, description: "ci" };
    const permissions = [{ action: "read", resource: { type: "tasks", orgID: run.server.orgId } }];
    const { id } = await run.server.call<{ id: string }>("POST", "/api/v2/authorizations", {
      ...inputs,
      permissions,
    });
    // The run begins later than the slack that clocks have.
    const laterMs = 2_500;
    run.begin({ now: () => Date.now() + laterMs });
    const url = await frontWith(laterMs - 600_000, (response) => {
      response.writeHead(502).end();
      return true;
    });
    await expect(create(url)).rejects.toThrow(`one token could be it: ${id}`);
    expect(ids()).toEqual([id]);
  });

  it("finds it where both clocks agree", async () => {
    const url = await frontWith(0, losingFirst());
    const { id } = await create(url);
    expect(ids()).toEqual([id]);
  });
});

describe("the look for a lost token, on a machine whose own clock is off by an hour", () => {
  const HOUR_MS = 3_600_000;

  /** Makes a token whose first answer is lost. */
  async function createLosing(offMs: number): Promise<string> {
    run.begin({ now: () => Date.now() + offMs });
    const url = await frontWith(0, losingFirst());
    return (await create(url)).id;
  }

  it("finds it where that clock is behind", async () => {
    const id = await createLosing(-HOUR_MS);
    expect(ids()).toEqual([id]);
  });

  it("makes no second one where that clock is ahead, but names the one that there is", async () => {
    await expect(createLosing(HOUR_MS)).rejects.toThrow(/one token could be it/);
    expect(ids()).toHaveLength(1);
  });
});
