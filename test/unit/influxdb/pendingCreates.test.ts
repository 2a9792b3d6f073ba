import { type PendingCreate, PendingCreates } from "../../../provider/influxdb/pendingCreates";
import { RequestedToken } from "../../../provider/influxdb/requestedToken";
import { formatPermission } from "../../../provider/permissions/format";
import type { NewAuthorization } from "../../../provider/types";
import { BODY, LOST, OTHER, reads, refusal, tokenOf } from "./support/fakeServer";

let all: PendingCreates;
beforeEach(() => {
  all = new PendingCreates();
});

/** Begins a create, and leaves it in flight until `end`. */
function begin(body: NewAuthorization = BODY): { pending: PendingCreate; end: () => Promise<void> } {
  let finish: () => void = () => undefined;
  let pending: PendingCreate | undefined;
  const ended = all.run(new RequestedToken(body, formatPermission), (given) => {
    pending = given;
    return new Promise<void>((resolve) => (finish = resolve));
  });
  if (pending === undefined) throw new Error("it does not begin at once");
  return {
    pending,
    end: () => {
      finish();
      return ended;
    },
  };
}

/** Something that ends when the test says so. */
function step(log: string[], name: string) {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ends = new Promise<void>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  const run = async (): Promise<void> => {
    log.push(name);
    await ends;
  };
  return { run, finish, fail };
}

/** Long enough for everything that waits for nothing else. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("creates of the same kind", () => {
  it("send at the same time, and recover only when no request is in flight", async () => {
    const log: string[] = [];
    const [a, b] = [begin().pending, begin({ ...BODY, description: "another" }).pending];
    const [first, second, look] = [step(log, "first"), step(log, "second"), step(log, "look")];
    const sent = Promise.allSettled([a.send(first.run), b.send(second.run)]);
    await settle();
    const recovered = a.recover(look.run);
    await settle();
    expect(log).toEqual(["first", "second"]);
    first.finish();
    await settle();
    expect(log).not.toContain("look");
    second.fail(new Error("lost"));
    await settle();
    expect(log).toContain("look");
    look.finish();
    await recovered;
    await expect(sent).resolves.toMatchObject([{ status: "fulfilled" }, { status: "rejected" }]);
  });

  it("send nothing while one recovers, nor while another one does after it", async () => {
    const log: string[] = [];
    const [a, b, c] = [begin().pending, begin().pending, begin().pending];
    const [one, two, request] = [step(log, "one"), step(log, "two"), step(log, "request")];
    const work = Promise.allSettled([a.recover(one.run), c.send(request.run), b.recover(two.run)]);
    await settle();
    expect(log).toEqual(["one"]);
    one.fail(new Error("cannot be told"));
    await settle();
    expect(log).toEqual(["one", "two"]);
    two.finish();
    await settle();
    expect(log).toEqual(["one", "two", "request"]);
    request.finish();
    await work;
  });

  it.each<[string, NewAuthorization]>([
    ["owner", { ...BODY, userID: OTHER }],
    ["organization", { ...BODY, orgID: "00000000000000a2" }],
    ["status", { ...BODY, status: "inactive" }],
    ["permissions", { ...BODY, permissions: reads("checks") }],
  ])("wait for none with another %s", async (_what, body) => {
    const log: string[] = [];
    const [look, request] = [step(log, "look"), step(log, "request")];
    const work = [begin().pending.recover(look.run), begin(body).pending.send(request.run)];
    await settle();
    expect(log.sort()).toEqual(["look", "request"]);
    look.finish();
    request.finish();
    await Promise.all(work);
  });
});

describe("a create of which nobody knows whether it made a token", () => {
  const fail = (error: Error) => () => Promise.reject(error);

  it("counts by its description, until it is recovered", async () => {
    const [a, b] = [begin().pending, begin({ ...BODY, description: "another" }).pending];
    await a.send(fail(LOST)).catch(() => undefined);
    expect([b.countUncertain("ci"), b.countUncertain("another")]).toEqual([1, 0]);
    await a.recover(fail(LOST)).catch(() => undefined);
    expect(b.countUncertain("ci")).toBe(0);
  });

  it("is none where it certainly made none, or was answered", async () => {
    const { pending } = begin();
    await expect(pending.send(fail(refusal(403)))).rejects.toThrow("answered 403");
    await expect(pending.send(() => Promise.resolve("made"))).resolves.toBe("made");
    expect(pending.countUncertain("ci")).toBe(0);
  });
});

describe("a token that a create made", () => {
  it("is another create's where that asks for it, as long as it is in flight", async () => {
    const [{ pending }, other] = [begin(), begin({ ...BODY, description: "another" })];
    const [mine, theirs] = [tokenOf(BODY, 0), tokenOf({ ...BODY, description: "another" }, 0)];
    expect([mine, theirs].map((one) => pending.isRequestedByOther(one))).toEqual([false, true]);
    await other.end();
    expect(pending.isRequestedByOther(theirs)).toBe(false);
  });

  it("is claimed once, for every create", () => {
    const [a, b] = [begin().pending, begin({ ...BODY, userID: OTHER }).pending];
    const made = tokenOf(BODY, 0);
    expect(b.isClaimed(made)).toBe(false);
    a.claim(made);
    expect(b.isClaimed(made)).toBe(true);
  });

  it("has the value that another one's answer held, until it is claimed", () => {
    const { pending } = begin();
    const [made, other] = [tokenOf(BODY, 0), tokenOf(BODY, 0)];
    pending.keepMisdirected({ ...made, token: "value" });
    pending.keepMisdirected(other);
    expect(pending.withValue(made).token).toBe("value");
    expect(pending.withValue({ ...made, token: "own" }).token).toBe("own");
    expect(pending.withValue(other)).toBe(other);
    pending.claim(made);
    pending.keepMisdirected({ ...made, token: "value" });
    expect(pending.withValue(made)).toEqual(made);
  });
});
