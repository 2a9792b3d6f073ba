import type { RequestListener } from "node:http";
import type { Connection } from "../../../provider/connection/resolve";
import { mayHaveTakenEffect } from "../../../provider/errors";
import type { Request } from "../../../provider/influxdb/client";
import { OWN, Servers } from "../../support/serving";
import { connectionTo, openSession } from "../../support/session";

const servers = new Servers();
afterEach(async () => {
  jest.restoreAllMocks();
  await servers.end();
});

type Answer = [status: number, headers?: Record<string, string>] | "reset";

/** The same answers, but InfluxDB's own. */
const own = ([status, headers]: [number, Record<string, string>?]): Answer => [
  status,
  { ...headers, ...OWN },
];

const PATH = "/api/v2/authorizations";
const at = (method: Request["method"]): Request => ({ method, path: PATH, purpose: "ask" });

/** A server that greets as InfluxDB, and gives these answers, one after the other and the last one for ever. */
async function answering(...answers: Answer[]): Promise<{ host: string; times: number[] }> {
  const times: number[] = [];
  const listener: RequestListener = (request, response) => {
    if (request.url === "/ping") return void response.writeHead(204, OWN).end();
    if (request.url === PATH) times.push(Date.now());
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === "reset" || answer === undefined) request.socket.destroy();
    else response.writeHead(answer[0], { "Content-Type": "application/json", ...answer[1] }).end("{}");
  };
  return { host: await servers.serve(listener), times };
}

function send(host: string, method: Request["method"], more: Partial<Connection> = {}): Promise<unknown> {
  const { client } = openSession(connectionTo(host, { token: "t", timeoutMs: 10_000, retries: 2, ...more }));
  return client.request(at(method));
}

const PASSING: Answer[] = ["reset", [429], [502], [503], [504]];

describe("a request that may succeed a moment later", () => {
  it.each(["GET", "PATCH", "DELETE"] as const)("is retried: %s", async (method) => {
    await Promise.all(
      PASSING.map(async (answer) => {
        const { host, times } = await answering(answer, [200]);
        expect(await send(host, method)).toEqual({});
        expect(times).toHaveLength(2);
      }),
    );
  });

  it("that makes a token is retried only where the server proves that it did nothing", async () => {
    const sent = async (answer: Answer): Promise<number> => {
      const { host, times } = await answering(answer, [200]);
      await send(host, "POST").catch(() => undefined);
      return times.length;
    };
    // Whatever it says, only InfluxDB itself can tell that InfluxDB did nothing.
    const others: Answer[] = [
      "reset",
      [408],
      [429, { "Retry-After": "0" }],
      [500],
      [502],
      [503, { "Retry-After": "0" }],
      [503],
      [504],
      own([429]),
      own([500]),
      own([502]),
      own([504]),
    ];
    expect(await Promise.all([own([503]), own([503, { "Retry-After": "0" }])].map(sent))).toEqual([2, 2]);
    expect(await Promise.all(others.map(sent))).toEqual(others.map(() => 1));
  });

  it("that makes a token has certainly done nothing where InfluxDB refuses it, and where nobody was reached", async () => {
    const isCertain = async (answer: Answer): Promise<boolean> => {
      const { host } = await answering(answer);
      return send(host, "POST", { retries: 0 }).then(
        () => false,
        (error: unknown) => !mayHaveTakenEffect(error),
      );
    };
    const refused = [400, 401, 403, 404, 405, 409, 413, 422, 503];
    expect(await Promise.all(refused.map((status) => isCertain(own([status]))))).toEqual(
      refused.map(() => true),
    );
    const open: Answer[] = [
      "reset",
      ...[300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 408, 413, 422, 429, 500, 502, 503, 504].map(
        (status): Answer => [status, { "Retry-After": "0" }],
      ),
      ...[307, 408, 429, 500, 502, 504].map((status) => own([status])),
    ];
    expect(await Promise.all(open.map(isCertain))).toEqual(open.map(() => false));
    for (const header of ["X-Influxdb-Build", "x-influxdb-version", "X-Platform-Error-Code"]) {
      expect(await isCertain([400, { [header]: "x" }])).toBe(true);
    }
  });

  it("is retried as often as connection.retries says, and then gives what was answered", async () => {
    const { host, times } = await answering([503]);
    await expect(send(host, "GET")).rejects.toThrow(
      /answered 503: a proxy stands there and does not reach InfluxDB, or the server is still starting: try again later$/,
    );
    expect(times).toHaveLength(3);
    await expect(send(host, "GET", { retries: 0 })).rejects.toThrow(/503/);
    expect(times).toHaveLength(4);
  });

  it("is not repeated where it would be refused again", async () => {
    const { host, times } = await answering([400]);
    await expect(send(host, "GET")).rejects.toThrow(/400/);
    expect(times).toHaveLength(1);
  });
});

describe("the time between retries", () => {
  it("doubles, and has up to a fifth by chance, so that many do not come back at once", async () => {
    jest.spyOn(Math, "random").mockReturnValue(0.99);
    const { host, times } = await answering([503]);
    await send(host, "GET").catch(() => undefined);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThan(235);
    expect(third - second).toBeGreaterThan(475);
    expect(third - first).toBeLessThan(1_500);
  });

  it("is at least what Retry-After says, in seconds or as a date", async () => {
    const inTwoSeconds = new Date(Date.now() + 2_000).toUTCString();
    const waits = ["1", inTwoSeconds].map(async (value) => {
      const { host, times } = await answering([429, { "Retry-After": value }], [200]);
      await send(host, "GET");
      const [first = 0, second = 0] = times;
      return second - first;
    });
    // A date has no fractions of a second.
    for (const wait of await Promise.all(waits)) expect(wait).toBeGreaterThan(950);
  });

  it("is not waited for where it goes beyond connection.timeoutMs: no retry, the request fails at once", async () => {
    const begin = Date.now();
    for (const value of ["3600", new Date(begin + 3_600_000).toUTCString()]) {
      const { host, times } = await answering([503, { "Retry-After": value }]);
      await expect(send(host, "GET")).rejects.toThrow(/answered 503/);
      expect(times).toHaveLength(1);
    }
    expect(Date.now() - begin).toBeLessThan(1_000);
  });

  it("counts into connection.timeoutMs with all the rest", async () => {
    const begin = Date.now();
    const busy = await answering([503]);
    await expect(send(busy.host, "GET", { timeoutMs: 500, retries: 100 })).rejects.toThrow(/503/);
    const silent = await servers.serve(() => undefined);
    await expect(send(silent, "GET", { timeoutMs: 500, retries: 100 })).rejects.toThrow(
      /no answer from .*: the server did not answer in time: try again, or raise connection.timeoutMs/,
    );
    expect(Date.now() - begin).toBeLessThan(2_500);
  });
});
