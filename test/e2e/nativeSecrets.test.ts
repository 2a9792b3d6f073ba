import { type Declared, NATIVE_HOST, type NativeStack, outputOf, secret } from "../support/behaviourHosts";
import { SecretSearch, WITHOUT_ENGINE_LOG } from "../support/secretSearch";

const WRONG = "wrong-t0ken-that-must-not-leak";
const ENVIRONMENT = "env-t0ken-that-must-not-leak";
/** Values of inputs that are declared secret. */
const SECRETS = {
  description: "description-that-must-not-leak",
  keeper: "keeper-that-must-not-leak",
  reason: "reason-that-must-not-leak",
  bucket: "bucket-that-must-not-leak",
};

describe("a YAML program with a secret in every place that holds one, run as verbosely as can be", () => {
  let stack: NativeStack;
  let search: SecretSearch;
  let tokens: string[];
  const codes: number[] = [];

  async function run(name: string, args: string[]): Promise<void> {
    codes.push((await search.run(name, args, { INFLUX_TOKEN: ENVIRONMENT })).code);
  }

  beforeAll(async () => {
    stack = await NATIVE_HOST.open({ ownProcess: true, plainTokens: true });
    const { server } = stack;
    search = new SecretSearch(stack.engine, WITHOUT_ENGINE_LOG);
    await server.makeBucket(SECRETS.bucket);
    const tasks = { org: "acme", readTasks: true };
    const works: Record<string, Declared> = {
      maker: {
        args: { org: "acme", allAccess: true, acknowledge: secret({ "all-access-token": SECRETS.reason }) },
      },
      made: {
        args: tasks,
        connection: { host: server.url, token: outputOf("maker", "token"), httpDebug: true },
      },
      hidden: {
        args: {
          org: secret("acme"),
          description: secret(SECRETS.description),
          keepers: { period: secret(SECRETS.keeper) },
          readBucket: [secret(`name:${SECRETS.bucket}`)],
        },
      },
      turned: { type: "RotatingToken", args: { ...tasks, description: "turned", generation: 1 } },
    };
    stack.declare({
      ...works,
      refused: {
        args: tasks,
        connection: { host: server.url.replace("127.0.0.1", "localhost"), token: secret(WRONG), retries: 0 },
      },
      unseen: { args: { ...tasks, readBucket: ["name:nowhere"] } },
    });
    await run("up", ["up", "--continue-on-error"]);
    tokens = server
      .authorizations()
      .slice(1)
      .map(({ token }) => token);
    stack.declare({
      ...works,
      turned: { type: "RotatingToken", args: { ...tasks, description: "turned", generation: 2 } },
    });
    await run("rotation", ["up"]);
    tokens.push(
      ...server
        .authorizations()
        .slice(1)
        .map(({ token }) => token),
    );
    await run("refresh", ["refresh"]);
    await run("destroy", ["destroy"]);
  });
  afterAll(() => stack.dispose());

  it("makes, rotates, refreshes and deletes what works", () => {
    expect(codes.map((code) => code === 0)).toEqual([false, true, true, true]);
    expect(new Set(tokens).size).toBe(5);
    expect(stack.server.authorizations()).toHaveLength(1);
    expect(search.text("up: stdout")).toContain("(redacted)");
  });

  it("has no secret in output, events, logs, state and messages of what works and of what fails", () => {
    const secrets = [stack.server.operatorToken, ENVIRONMENT, WRONG, ...tokens, ...Object.values(SECRETS)];
    expect(search.whereabouts(secrets)).toEqual([]);
    // Else nothing was looked for in the right place.
    expect(search.whereabouts(["Authorization: Token (redacted)"])).toContain("up: up.events");
  });
});
