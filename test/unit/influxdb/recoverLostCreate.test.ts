import { NetworkError } from "../../../provider/errors";
import type { PendingCreate } from "../../../provider/influxdb/pendingCreates";
import { createdSince, recoverLostCreate } from "../../../provider/influxdb/recoverLostCreate";
import { RequestedToken } from "../../../provider/influxdb/requestedToken";
import { formatPermission } from "../../../provider/permissions/format";
import type { Authorization, NewAuthorization } from "../../../provider/types";
import { BODY, CALLER, FakeServer, LOST, ORG, OTHER, reads, refusal, tokenOf } from "./support/fakeServer";

/** When the lost request began. */
const SINCE = Date.parse("2026-01-01T00:00:00Z");

let server: FakeServer;
beforeEach(() => {
  server = new FakeServer();
});

/** Puts a token on the server, made a second after the request began. */
function put(body: NewAuthorization = BODY, more: object = {}, atMs = SINCE + 1_000): Authorization {
  const made = tokenOf(body, atMs, more);
  server.tokens.push(made);
  return made;
}

/** Runs a create whose request got no answer. */
function lose<T>(body: NewAuthorization, next: (pending: PendingCreate) => Promise<T>): Promise<T> {
  return server.session.creates.run(new RequestedToken(body, formatPermission), async (pending) => {
    await pending.send(() => Promise.reject(LOST)).catch(() => undefined);
    return next(pending);
  });
}

/** What is found of a lost request. `before` runs once the request is lost. */
function recover(
  answered?: Authorization,
  body: NewAuthorization = BODY,
  before: (pending: PendingCreate) => void = () => undefined,
): Promise<Authorization | undefined> {
  return lose(body, (pending) => {
    before(pending);
    const lost = { since: SINCE, answered, reason: LOST };
    return pending.recover(() => recoverLostCreate(server.session, pending, lost));
  });
}

/** Has another create in flight for as long as the test of it takes; its outcome is not known, where it is lost. */
async function beside<T>(body: NewAuthorization, isLost: boolean, test: () => Promise<T>): Promise<T> {
  const requested = new RequestedToken(body, formatPermission);
  if (isLost) return lose(body, test);
  return server.session.creates.run(requested, test);
}

const could = (...tokens: Authorization[]): RegExp =>
  new RegExp(
    `^cannot create the token: no answer; it may have been made all the same, and ${tokens.length === 1 ? "one token" : `${tokens.length} tokens`} could be it: ${tokens.map(({ id }) => id).join(", ")}: delete`,
  );

describe("a token that a request may have made", () => {
  const at = (offsetMs: number, clockAheadMs: number): string => {
    server.clockAheadMs = clockAheadMs;
    return createdSince(server, tokenOf(BODY, SINCE + offsetMs), SINCE);
  };

  it("was created since then, but for two seconds of slack, where both clocks agree", () => {
    expect([0, -2_000, -2_001, 60_000].map((offset) => at(offset, 0))).toEqual(["yes", "yes", "no", "yes"]);
  });

  it("was perhaps created since then, where one clock says so and the other does not", () => {
    expect([8_000, 7_999, -2_000, -2_001].map((offset) => at(offset, 10_000))).toEqual([
      "yes",
      "perhaps",
      "perhaps",
      "no",
    ]);
    expect([-2_000, -2_001, -12_000, -12_001].map((offset) => at(offset, -10_000))).toEqual([
      "yes",
      "perhaps",
      "perhaps",
      "no",
    ]);
  });
});

describe("the look for a lost token", () => {
  it("finds the one that was made, among the caller's", async () => {
    const made = put();
    expect(await recover()).toEqual(made);
    expect(server.asked).toEqual([`GET /api/v2/authorizations?orgID=${ORG}&userID=${CALLER}`]);
  });

  it("looks among the owner's, where the request named one", async () => {
    const body = { ...BODY, userID: OTHER };
    put();
    const made = put(body);
    expect(await recover(undefined, body)).toEqual(made);
    expect(server.asked).toEqual([`GET /api/v2/authorizations?orgID=${ORG}&userID=${OTHER}`]);
  });

  it("looks among the organization's, where nobody may tell who the caller is", async () => {
    server.caller = undefined;
    const made = put();
    expect(await recover()).toEqual(made);
    expect(server.asked).toEqual([`GET /api/v2/authorizations?orgID=${ORG}`]);
  });

  it.each<[string, NewAuthorization, object, number]>([
    ["is older than the request", BODY, {}, -2_001],
    ["has another description", { ...BODY, description: "another" }, {}, 1_000],
    ["may do something else", { ...BODY, permissions: reads("checks") }, {}, 1_000],
    ["is inactive", { ...BODY, status: "inactive" }, {}, 1_000],
  ])("passes over one that %s", async (_what, body, more, offsetMs) => {
    put(body, more, SINCE + offsetMs);
    expect(await recover()).toBeUndefined();
    expect(server.asked).toHaveLength(1);
  });

  it("passes over one that belongs to a create already", async () => {
    const taken = put();
    expect(
      await recover(undefined, BODY, (pending) => {
        pending.claim(taken);
      }),
    ).toBeUndefined();
  });

  it("names those that only one of two clocks takes for new, but none that is another token", async () => {
    server.clockAheadMs = 10_000;
    const doubtful = put();
    put({ ...BODY, description: "another" });
    await expect(recover()).rejects.toThrow(could(doubtful));
    expect(
      await recover(undefined, BODY, (pending) => {
        pending.claim(doubtful);
      }),
    ).toBeUndefined();
  });

  it("names both, where there is one more than lost requests", async () => {
    const both = [put(), put()];
    await expect(recover()).rejects.toThrow(could(...both));
  });

  it("takes one of two, where two requests of this kind are lost: the one whose value is known", async () => {
    put();
    const known = put(BODY, { token: "value" });
    expect(await beside(BODY, true, () => recover())).toEqual(known);
    const answered = put();
    expect(await beside(BODY, true, () => beside(BODY, true, () => recover(answered)))).toEqual(answered);
  });

  it("takes any of two whose values are not known", async () => {
    const [first] = [put(), put()];
    expect(await beside(BODY, true, () => recover())).toEqual(first);
  });

  it("gives the value that came in another one's answer", async () => {
    const made = put();
    const found = await recover(undefined, BODY, (pending) => {
      pending.keepMisdirected({ ...made, token: "value" });
    });
    expect(found).toEqual({ ...made, token: "value" });
  });
});

describe("the look for a lost token that was changed on the way", () => {
  const changed = { ...BODY, description: "  CI " };

  it("names what it may have become", async () => {
    const made = put(changed);
    const wider = put({ ...BODY, permissions: reads("tasks", "checks") });
    await expect(recover()).rejects.toThrow(could(made, wider));
  });

  it("passes over what another lost request asked for", async () => {
    put(changed);
    expect(await beside(changed, true, () => recover())).toBeUndefined();
  });

  it("passes over what several lost requests asked for, one each", async () => {
    const upper = { ...BODY, description: "CI" };
    put(changed);
    put(upper);
    expect(await beside(changed, true, () => beside(upper, true, () => recover()))).toBeUndefined();
  });

  it("names those of which there are more than lost requests asked for", async () => {
    const both = [put(changed), put(changed)];
    await expect(beside(changed, true, () => recover())).rejects.toThrow(could(...both));
  });

  it("passes over what another create in flight asks for, with other rights", async () => {
    const wider = { ...BODY, permissions: reads("tasks", "checks") };
    put(wider);
    expect(await beside(wider, false, () => recover())).toBeUndefined();
  });

  it("passes over what is older", async () => {
    put(changed, {}, SINCE - 2_001);
    expect(await recover()).toBeUndefined();
  });
});

describe("the look for a lost token whose answer was another one's", () => {
  const other = { ...BODY, description: "another" };

  it("finds nothing where the other one is gone", async () => {
    expect(await recover(tokenOf(other, SINCE + 1_000))).toBeUndefined();
  });

  it("takes the other one, by its record, where nobody else asked for it: it was changed on the way", async () => {
    const record = put(other);
    expect(await recover({ ...record, token: "value", status: "inactive" })).toEqual(record);
    const wider = put({ ...BODY, permissions: reads("tasks", "checks") });
    expect(await recover(wider)).toEqual(wider);
  });

  it("gives it with its value, where the answer was kept", async () => {
    const record = put(other);
    const answered = { ...record, token: "value" };
    const keep = (pending: PendingCreate): void => {
      pending.keepMisdirected(answered);
    };
    expect(await recover(answered, BODY, keep)).toEqual(answered);
  });

  it("takes it as it was answered, where its record is hidden", async () => {
    const answered = tokenOf(other, SINCE + 1_000);
    server.instead = ({ path }) =>
      path.includes("?") ? undefined : Promise.reject(refusal(404, "organization not found"));
    expect(await recover(answered)).toEqual(answered);
  });

  it("finds nothing where the other one is older, or a create's already", async () => {
    expect(await recover(put(other, {}, SINCE - 2_001))).toBeUndefined();
    const taken = put(other);
    const claim = (pending: PendingCreate): void => {
      pending.claim(taken);
    };
    expect(await recover(taken, BODY, claim)).toBeUndefined();
  });

  it("names the other one, where only one of two clocks takes it for new", async () => {
    server.clockAheadMs = 10_000;
    const doubtful = put(other);
    await expect(recover(doubtful)).rejects.toThrow(could(doubtful));
  });

  it("leaves it to the lost request that asked for it", async () => {
    const record = put(other);
    expect(await beside(other, true, () => recover(record))).toBeUndefined();
  });

  it("names it, where another create in flight asked for it", async () => {
    const body = { ...other, permissions: reads("checks") };
    const record = put(body);
    await expect(beside(body, false, () => recover(record))).rejects.toThrow(could(record));
  });
});

describe("a list without any token", () => {
  it("proves that none was made, where the caller sees tokens elsewhere", async () => {
    put({ ...BODY, orgID: "00000000000000a2" });
    expect(await recover()).toBeUndefined();
    expect(server.asked.at(-1)).toBe(`GET /api/v2/authorizations?userID=${CALLER}`);
  });

  it.each([CALLER, undefined])("proves nothing, where the caller %s sees none at all", async (caller) => {
    server.caller = caller;
    await expect(recover()).rejects.toThrow(
      /looking for it failed \(the token from INFLUX_TOKEN may not read tokens\): look for a token "ci"/,
    );
    expect(server.asked).toHaveLength(caller === undefined ? 1 : 2);
  });
});

describe("a look that fails", () => {
  it("is retried, for as long as one request may take", async () => {
    const made = put();
    let failures = 3;
    server.instead = () => ((failures -= 1) >= 0 ? Promise.reject(LOST) : undefined);
    const start = Date.now();
    expect(await recover()).toEqual(made);
    expect(server.asked).toHaveLength(4);
    expect(Date.now() - start).toBeGreaterThanOrEqual(170);
  });

  it("is given up once that time is over", async () => {
    let now = SINCE;
    server.nowMs = () => (now += 500);
    server.instead = () => Promise.reject(new NetworkError("cannot list tokens: no answer", false));
    await expect(recover()).rejects.toThrow(
      "cannot create the token: no answer; it may have been made all the same, and looking for it failed (cannot list tokens: no answer)",
    );
    expect(server.asked).toHaveLength(4);
  });

  it("is not repeated where that would not help", async () => {
    server.instead = () => Promise.reject(refusal(401));
    await expect(recover()).rejects.toThrow(/looking for it failed \(answered 401\)/);
    expect(server.asked).toHaveLength(1);
  });
});
