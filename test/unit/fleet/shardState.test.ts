import * as fc from "fast-check";
import {
  decodedIds,
  decodeShard,
  differingInputs,
  encodeShard,
  memberOfState,
  type MemberToken,
  NO_SHARD,
  type RetiredToken,
  retiredCount,
  retiredIn,
  retiredText,
  type Shard,
  type ShardFacts,
  type Spec,
  stateOfMember,
} from "../../../provider/fleet/shardState";
import { memberNameProblem } from "../../../provider/fleet/memberNames";
import { toState } from "../../../provider/token/state";
import { authorizationOf, checked, HOST } from "../token/support/tokens";

const FACTS: ShardFacts = { permissions: { "orgs/acme/tasks": "read" }, host: HOST };

const NAME = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    fc.constantFrom(
      "constructor",
      "toString",
      "-",
      "- - - a",
      "0",
      "10",
      "9",
      "x",
      "a b  c",
      "hasOwnProperty",
    ),
  )
  .filter((name) => memberNameProblem(name) === undefined);
const ID = fc.stringMatching(/^[0-9a-f]{16}$/);

const SPEC = fc
  .record({
    description: fc.constantFrom("{member}", "x/{member}/y", "fixed"),
    status: fc.constantFrom("active", "inactive"),
  })
  .map((inputs): Spec => {
    const declared = checked({ org: "acme", readTasks: true, ...inputs });
    return memberOfState("m", "1", toState(declared, authorizationOf(declared), HOST), inputs.description, 0)
      .spec;
  });

const OWN = fc.dictionary(fc.constantFrom("status", "keepers", "readTasks"), fc.jsonValue(), { maxKeys: 2 });

const TOKEN: fc.Arbitrary<MemberToken> = fc
  .record({ id: ID, spec: SPEC, createdAt: fc.nat(), token: fc.option(fc.string(), { nil: undefined }) })
  .map(({ token, ...more }) => ({ ...more, ...(token !== undefined && { token }) }));

const RETIRED: fc.Arbitrary<RetiredToken> = fc
  .record({ id: ID, member: NAME, deactivate: fc.boolean(), until: fc.option(fc.nat(), { nil: undefined }) })
  .map(({ until, ...more }) => ({ ...more, ...(until !== undefined && { until }) }));

const SHARD: fc.Arbitrary<Shard> = fc
  .record({
    members: fc.uniqueArray(fc.tuple(NAME, OWN, fc.option(TOKEN, { nil: undefined })), {
      selector: ([name]) => name,
    }),
    retired: fc.array(RETIRED),
    kept: fc.array(RETIRED),
    keepOldFor: fc.option(fc.constant("24h"), { nil: undefined }),
    nonce: fc.string(),
  })
  .map(({ members, retired, kept, keepOldFor, nonce }) => ({
    shard: "acme/prod/sensors/05",
    each: { org: "acme", readTasks: true, description: "{member}" },
    own: new Map(members.map(([name, own]) => [name, own])),
    made: new Map(
      members.flatMap(([name, , token]) => (token === undefined ? [] : [[name, token] as const])),
    ),
    ...(keepOldFor !== undefined && { keepOldFor }),
    retired,
    kept,
    nonce,
  }));

/** Through JSON, as a state goes. */
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("the state of a shard", () => {
  it("is the shard, after a way through JSON, whatever members are called, have and lack", () => {
    fc.assert(
      fc.property(SHARD, (shard) => {
        const state = encodeShard(shard, FACTS);
        expect(decodeShard(stored(state))).toEqual(stored2(shard));
        expect(encodeShard(decodeShard(stored(state)), FACTS)).toEqual(stored(state));
        expect(new Map(decodedIds(state.__made))).toEqual(
          new Map([...shard.made].map(([name, { id }]) => [name, id])),
        );
      }),
    );
  });

  it("holds values of tokens and inputs only where it is secret", () => {
    const declared = checked({ org: "acme", readTasks: true, keepers: { k: "own-s3cret" } });
    const { spec } = memberOfState(
      "a",
      "1",
      toState(declared, authorizationOf(declared), HOST),
      "{member}",
      0,
    );
    const made = new Map([["a", { id: "1", spec, createdAt: 1, token: "t0ken-s3cret" }]]);
    const own = new Map([["a", { keepers: { k: "own-s3cret" } }]]);
    const { tokens, __shard, ...plain } = encodeShard({ ...NO_SHARD, own, made }, FACTS);
    expect(tokens).toEqual({ a: "t0ken-s3cret" });
    expect(__shard).toContain("own-s3cret");
    expect(JSON.stringify(plain)).not.toContain("s3cret");
    expect(__shard).not.toContain("t0ken-s3cret");
  });

  it("has what members have in common once", () => {
    const declared = checked({ org: "acme", readTasks: true, description: "x/{member}" });
    const made = Array.from({ length: 500 }, (_, n) => {
      const name = `device-${n}`;
      const authorization = { ...authorizationOf(declared), description: `x/${name}` };
      const state = toState(declared, authorization, HOST);
      return [name, memberOfState(name, `${n}`.padStart(16, "0"), state, "x/{member}", 0)] as const;
    });
    const shard = { ...NO_SHARD, own: new Map(made.map(([name]) => [name, {}])), made: new Map(made) };
    const { __made, __shard } = encodeShard(shard, FACTS);
    expect((JSON.parse(__shard) as { specs: unknown[] }).specs).toHaveLength(1);
    expect(__made.split("\n")).toHaveLength(500);
    expect(__made.length / 500).toBeLessThan(45);
    expect(__made.split("\n")[7]).toBe("0000000000000007 0 1767225600 device-7");
  });

  it.each([2, 0, undefined, "1"])("of the format %j is refused, for a newer version wrote it", (format) => {
    const state = { ...encodeShard(NO_SHARD, FACTS), __format: format as number };
    expect(() => decodeShard(state)).toThrow(
      `the state of this shard has the format ${String(format)}, and this version of pulumi-influx-token knows 1: upgrade`,
    );
  });
});

/** Undefined values are none after a way through JSON. */
function stored2(shard: Shard): Shard {
  return { ...shard, own: new Map([...shard.own].map(([name, own]) => [name, stored(own)])) };
}

describe("retired tokens", () => {
  it("are a line each, which says all of them", () => {
    fc.assert(
      fc.property(fc.array(RETIRED), (tokens) => {
        const text = retiredText(tokens);
        expect(retiredIn(text)).toEqual(tokens);
        expect(retiredCount(text)).toBe(tokens.length);
      }),
    );
    expect(retiredText([{ id: "1", member: "a b", deactivate: true, until: 7 }])).toBe("1 o 7 a b");
    expect(retiredText([{ id: "1", member: "a b", deactivate: false }])).toBe("1 x - a b");
  });
});

describe("a member's token", () => {
  const declared = checked({ org: "acme", readTasks: true, description: "x/{member}" });
  const state = toState(declared, { ...authorizationOf(declared), description: "x/a" }, HOST);

  it("is any other's, with the name in its description", () => {
    const member = memberOfState("a", "1", state, "x/{member}", 0);
    expect(member.spec.description).toBe("x/{member}");
    expect(member.createdAt).toBe(Date.parse("2026-01-01T00:00:00Z") / 1000);
    expect(stateOfMember("a", member)).toEqual({
      ...state,
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-01T00:00:00.000Z",
    });
  });

  it("keeps a description that the template does not give", () => {
    expect(memberOfState("b", "1", state, "x/{member}", 0).spec.description).toBe("x/a");
  });

  it("counts from this machine's time where the server's cannot be one", () => {
    expect(memberOfState("a", "1", { ...state, createdAt: "soon" }, "", 5_999).createdAt).toBe(5);
  });

  it("has neither a connection nor a stub in its state", () => {
    const more = { connection: { token: "s3cret" }, __provider: "stub" };
    expect(JSON.stringify(memberOfState("a", "1", { ...state, ...more }, "", 0))).not.toMatch(/s3cret|stub/);
  });

  it("that drifted is shown as what the server has in place of own inputs", () => {
    const before = memberOfState("a", "1", state, "x/{member}", 0);
    const own = { keepers: { k: "1" }, readTasks: true };
    const drifted = (more: Partial<Spec>): MemberToken => ({ ...before, spec: { ...before.spec, ...more } });
    expect(differingInputs(own, before, before)).toEqual(own);
    expect(differingInputs(own, before, drifted({ status: "inactive" }))).toEqual({
      ...own,
      status: "inactive",
    });
    expect(differingInputs(own, before, drifted({ description: "y" }))).toEqual({ ...own, description: "y" });
    const permissions = { "orgs/acme/checks": "read" };
    expect(differingInputs(own, before, drifted({ permissions }))).toEqual({
      keepers: { k: "1" },
      permissions,
    });
  });
});
