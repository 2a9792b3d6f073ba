import { setTimeout as pause } from "node:timers/promises";
import { InfluxTokenError } from "../../../provider/errors";
import type { Request } from "../../../provider/influxdb/client";
import { type Created, createSafely, UndeletedTokenError } from "../../../provider/influxdb/createSafely";
import { formatPermission } from "../../../provider/permissions/format";
import type { Authorization, NewAuthorization } from "../../../provider/types";
import { BODY, FakeServer, LOST, reads, refusal, tokenOf } from "./support/fakeServer";

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});

const POST = "POST /api/v2/authorizations";

const never = (): Promise<boolean> => Promise.resolve(false);

function create(body: NewAuthorization = BODY, isInterrupted = never): Promise<Created> {
  return createSafely(server.session, body, formatPermission, isInterrupted);
}

async function failure(creating: Promise<Created>): Promise<Error> {
  const error = await creating.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InfluxTokenError);
  return error as Error;
}

const posts = (): number => server.asked.filter((one) => one === POST).length;
const deletes = (): number => server.asked.filter((one) => one.startsWith("DELETE")).length;

/** Does something else to the first POSTs, one each. */
function atPosts(...faults: ((request: Request) => Promise<unknown>)[]): void {
  server.instead = (request) => (request.method === "POST" ? faults.shift()?.(request) : undefined);
}

/** The server makes the token, and its answer is another one. */
const answering =
  (change: (made: Authorization) => object) =>
  async (request: Request): Promise<unknown> =>
    change((await server.answer(request)) as Authorization);

const loseAnswer = async (request: Request): Promise<unknown> => {
  await server.answer(request);
  throw LOST;
};

/** Something on the way changes the request. */
const changing =
  (change: Partial<NewAuthorization>) =>
  (request: Request): Promise<unknown> =>
    server.answer({ ...request, body: { ...(request.body as NewAuthorization), ...change } });

describe("a create", () => {
  it("asks once, and gives the token with its value", async () => {
    const { authorization, warnings } = await create();
    expect(authorization).toMatchObject({ id: server.tokens[0]?.id, description: "ci" });
    expect(authorization.token).toBe(`value of ${authorization.id}`);
    expect(warnings).toEqual([]);
    expect(server.asked).toEqual([POST]);
  });

  it("takes just what it asked for by whichever clock", async () => {
    server.clockAheadMs = 60_000;
    await create();
    expect(server.asked).toEqual([POST]);
  });

  it("that is refused is neither looked for nor repeated", async () => {
    atPosts(() => Promise.reject(refusal(422)));
    expect((await failure(create())).message).toBe("answered 422");
    expect(server.asked).toEqual([POST]);
  });
});

describe("a create of an interrupted run", () => {
  it("is not begun", async () => {
    const { message } = await failure(create(BODY, () => Promise.resolve(true)));
    expect(message).toBe('did not create the token "ci": the run was interrupted');
    expect(server.asked).toEqual([]);
  });

  it("is deleted again where it was in flight", async () => {
    const { message } = await failure(create(BODY, () => Promise.resolve(server.tokens.length > 0)));
    expect(message).toMatch(
      /^the run was interrupted after http:\/\/a made the token \w+: it was deleted again/,
    );
    expect(server.tokens).toEqual([]);
  });

  it("is handed on with its value where it cannot be deleted, after as many retries as there may be", async () => {
    server.instead = ({ method }) =>
      method === "DELETE" ? Promise.reject(refusal(503, "", 0, false)) : undefined;
    const error = await failure(create(BODY, () => Promise.resolve(server.tokens.length > 0)));
    expect(error).toBeInstanceOf(UndeletedTokenError);
    expect(error.message).toMatch(/made the token \w+, and it could not be deleted: answered 503$/);
    const [made] = server.tokens;
    expect(error).toMatchObject({ authorization: { ...made, token: `value of ${String(made?.id)}` } });
    expect(deletes()).toBe(3);
  });

  it("is not deleted again and again where that is refused", async () => {
    server.instead = ({ method }) => (method === "DELETE" ? Promise.reject(refusal(403)) : undefined);
    expect(await failure(create(BODY, () => Promise.resolve(server.tokens.length > 0)))).toBeInstanceOf(
      UndeletedTokenError,
    );
    expect(deletes()).toBe(1);
  });
});

describe("a create whose answer is lost", () => {
  const elsewhere = (): void => void server.tokens.push(tokenOf({ ...BODY, orgID: "0" }, 0));

  it("is made anew where the value is lost with it, and the lost one is deleted", async () => {
    atPosts(loseAnswer);
    const { authorization } = await create();
    expect(server.tokens.map(({ id }) => id)).toEqual([authorization.id]);
    expect([posts(), deletes()]).toEqual([2, 1]);
  });

  it("is retried where none was made, each time after a longer while, and then given up", async () => {
    elsewhere();
    atPosts(...Array<() => Promise<never>>(3).fill(() => Promise.reject(LOST)));
    const start = performance.now();
    expect(await failure(create())).toBe(LOST);
    expect(posts()).toBe(3);
    expect(performance.now() - start).toBeGreaterThanOrEqual(590);
  });

  it("is retried after the time that the server asks for", async () => {
    elsewhere();
    atPosts(() => Promise.reject(refusal(500, "", 900, false)));
    const start = performance.now();
    await create();
    expect(performance.now() - start).toBeGreaterThanOrEqual(890);
    expect(posts()).toBe(2);
  });

  it("is given up where the server asks for more time than a request may take", async () => {
    elsewhere();
    server.timeoutMs = 1_000;
    atPosts(() => Promise.reject(refusal(500, "", 1_001, false)));
    expect((await failure(create())).message).toBe("answered 500");
    expect(posts()).toBe(1);
  });

  it("is waited for exactly as long as a request may take", async () => {
    elsewhere();
    server.timeoutMs = 300;
    atPosts(() => Promise.reject(refusal(500, "", 300, false)));
    await expect(create()).resolves.toBeDefined();
  });
});

describe("a token that was made and not returned", () => {
  it("is deleted", async () => {
    atPosts(answering(({ token, ...rest }) => (token === undefined ? {} : rest)));
    const { message } = await failure(create());
    expect(message).toMatch(/^http:\/\/a made the token \w+ but did not tell it, and it was deleted again/);
    expect(server.tokens).toEqual([]);
    expect(posts()).toBe(1);
  });
});

describe("a token that was made otherwise than it was asked for", () => {
  it("is taken with a warning, where only blanks of its description differ", async () => {
    atPosts(changing({ description: " ci" }));
    const { authorization, warnings } = await create();
    expect(authorization.description).toBe(" ci");
    expect(warnings).toEqual([
      expect.stringMatching(/made the token \w+ with the description " ci" in place of "ci"/),
    ]);
    expect(server.asked).toEqual([POST]);
  });

  it("is looked up before it is taken, where more of its description differs", async () => {
    atPosts(changing({ description: "managed" }));
    const { authorization, warnings } = await create();
    expect(authorization).toMatchObject({ description: "managed", token: `value of ${authorization.id}` });
    expect(warnings).toHaveLength(1);
    expect(server.asked.slice(1)).toHaveLength(2);
    expect(posts()).toBe(1);
  });

  it("is deleted, where it may do something else", async () => {
    atPosts(changing({ permissions: reads("tasks", "secrets") }));
    const { message } = await failure(create());
    expect(message).toMatch(/secrets, which was not asked for: it was deleted again/);
    expect(server.tokens).toEqual([]);
    expect(posts()).toBe(1);
  });

  it("is handed on without its value, where it may do something else and cannot be deleted", async () => {
    const change = changing({ permissions: reads("tasks", "secrets") });
    server.instead = (request) =>
      request.method === "DELETE"
        ? Promise.reject(refusal(403))
        : request.method === "POST"
          ? change(request)
          : undefined;
    expect(await failure(create())).toMatchObject({
      name: "UndeletedTokenError",
      authorization: { id: server.tokens[0]?.id, token: "" },
    });
  });
});

describe("an answer that tells of another token", () => {
  it("is not taken where that is another create's already", async () => {
    const first = await create();
    atPosts(async (request) => {
      await server.answer(request);
      return first.authorization;
    });
    const second = await create();
    expect(second.authorization.id).not.toBe(first.authorization.id);
    expect(server.tokens.map(({ id }) => id)).toEqual([first.authorization.id, second.authorization.id]);
  });

  it("is not taken where that is older than the request", async () => {
    const older = tokenOf({ ...BODY, description: "ci " }, Date.now() - 60_000, { token: "older" });
    server.tokens.push(older);
    atPosts(() => Promise.resolve(older));
    const { authorization } = await create();
    expect(authorization.token).not.toBe("older");
    expect(server.tokens).toHaveLength(2);
  });

  it("is left to the create that asked for it, which takes the value from there", async () => {
    const other = { ...BODY, description: "ci " };
    let firstAnswer: unknown;
    atPosts(
      async (request) => {
        firstAnswer = await server.answer(request);
        await pause(20);
        throw LOST;
      },
      async (request) => {
        await server.answer(request);
        return firstAnswer;
      },
    );
    const [first, second] = await Promise.all([create(other), create()]);
    expect([first.authorization.description, second.authorization.description]).toEqual(["ci ", "ci"]);
    expect(first.authorization.token).toBe(`value of ${first.authorization.id}`);
    expect(server.tokens.map(({ id }) => id).sort()).toEqual(
      [first, second].map(({ authorization }) => authorization.id).sort(),
    );
  });
});
