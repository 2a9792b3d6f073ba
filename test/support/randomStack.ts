import type { StoredAuthorization } from "../../emulator";
import { forMember } from "../../provider/fleet/memberNames";
import { decodeShard, type ShardState } from "../../provider/fleet/shardState";
import type { RotatingState } from "../../provider/token/rotating";
import { isShardType } from "../../provider/tokenTypes";
import type { Deployment } from "../../scripts/engine";
import type { TestServer } from "./influxdb";

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** A token as a program declares it. */
export interface DeclaredToken {
  readonly org: string;
  readonly connection?: { host: string; token: string; retries: number; timeoutMs?: number };
  readonly description?: string;
  readonly status?: string;
  readonly readTasks?: boolean;
  readonly allAccess?: boolean;
  readonly readBucket?: readonly string[];
  readonly keepers?: Readonly<Record<string, string>>;
  /** Of a rotating one. */
  readonly generation?: number;
}

/** A token as the state knows it. */
export interface RecordedToken {
  readonly id: string;
  readonly token: string | undefined;
  readonly description: string;
  readonly status: string;
  /** Of a rotating one, that which clients may still hold. */
  readonly previous?: { readonly id: string; readonly token: string | undefined };
}

/** Ids of all tokens that a resource stands for, those included that are still to be deleted. */
export function idsOf(id: string, state: Partial<RotatingState>): string[] {
  const { authorizationId, previousAuthorizationId, __leftovers = [] } = state;
  return [id, authorizationId, previousAuthorizationId, ...__leftovers].filter((each) => each !== undefined);
}

/** The token that a resource stands for: of a rotating one the newest. */
export function recordedToken(id: string, state: Partial<RotatingState>): RecordedToken {
  const {
    token,
    description = "",
    status = "",
    authorizationId,
    previousAuthorizationId,
    previousToken,
  } = state;
  return {
    id: authorizationId ?? id,
    token,
    description,
    status,
    ...(previousAuthorizationId !== undefined && {
      previous: { id: previousAuthorizationId, token: previousToken },
    }),
  };
}

export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

/** Whether a token of a random stack is a rotating one. */
export const isRotating = (name: string): boolean => name.startsWith("r");

/**
 * A random stack. Some of its tokens cannot be told apart on the server: those are the hard ones.
 *
 * @param names of the tokens that it may have; those with an `r` in front are rotating ones.
 */
export function randomStack(
  random: Random,
  names: readonly string[],
  buckets: readonly string[],
): Map<string, DeclaredToken> {
  const chosen = names.filter(() => random() < 0.6);
  return new Map(
    chosen.map((name) => [
      name,
      {
        org: "acme",
        ...pick(random, [{}, { description: "same" }, { description: " same " }, { description: name }]),
        ...pick(random, [{}, { status: "inactive" }, {}]),
        ...pick(random, [
          { readTasks: true },
          { readTasks: true },
          { allAccess: true },
          { readBucket: [pick(random, buckets)] },
        ]),
        ...pick(random, [{}, {}, { keepers: { period: pick(random, ["1", "2"]) } }]),
        ...(isRotating(name) && pick(random, [{}, { generation: 1 }, { generation: 2 }])),
      },
    ]),
  );
}

/** A fleet as a program declares it, and the tokens that its members are to have, by `<fleet>/<member>`. */
export interface RandomFleet {
  readonly args: Readonly<Record<string, unknown>>;
  readonly tokens: ReadonlyMap<string, DeclaredToken>;
}

/**
 * A random fleet.
 *
 * @param path `<project>/<stack>/<fleet>`.
 * @param names of the members that it may have.
 */
export function randomFleet(
  random: Random,
  path: string,
  names: readonly string[],
  buckets: readonly string[],
): RandomFleet {
  const each = {
    org: "acme",
    readTasks: true,
    ...pick(random, [{}, {}, { keepers: { all: pick(random, ["1", "2"]) } }]),
  };
  const members = new Map(
    names
      .filter(() => random() < 0.6)
      .map((name) => [
        name,
        pick(random, [
          {},
          {},
          { status: "inactive" },
          { keepers: { own: pick(random, ["1", "2"]) } },
          { readTasks: false, readBucket: [pick(random, buckets)] },
        ]),
      ]),
  );
  const fleet = path.slice(path.lastIndexOf("/") + 1);
  return {
    args: { each, members: Object.fromEntries(members) },
    tokens: new Map(
      [...members].map(([name, own]) => [
        `${fleet}/${name}`,
        { ...each, description: `${path}/${name}`, ...own },
      ]),
    ),
  };
}

/** The tokens of fleets' members in a state that was exported with its secrets, by `<fleet>/<member>`. */
export function recordedMembers({ resources = [] }: Deployment): Map<string, RecordedToken> {
  const shards = resources.filter(({ type }) => isShardType(type));
  return new Map(
    shards.flatMap(({ outputs = {} }) => {
      const plain = Object.entries(outputs).map(([key, value]) =>
        ["tokens", "__shard"].includes(key) ? [key, JSON.parse(plaintext(value)) as unknown] : [key, value],
      );
      const { shard, made } = decodeShard(Object.fromEntries(plain) as ShardState);
      const fleet = shard.split("/").at(-2) ?? "";
      return [...made].map(
        ([
          name,
          {
            id,
            token,
            spec: { description, status },
          },
        ]): [string, RecordedToken] => [
          `${fleet}/${name}`,
          { id, token, description: forMember(description, name), status },
        ],
      );
    }),
  );
}

const plaintext = (secret: unknown): string => (secret as { readonly plaintext: string }).plaintext;

/**
 * What the user is asked to do where nobody can tell whose a token is: deletes those that an error names and nobody uses.
 *
 * @param used ids of the tokens in the state.
 */
export async function deleteNamed(
  messages: readonly string[],
  used: ReadonlySet<string>,
  server: TestServer,
): Promise<void> {
  const there = new Set(server.authorizations().map(({ id }) => id));
  const named = messages.flatMap((message) =>
    [...message.matchAll(/could be it: (.*?): delete those|for id in (.*?); do influx auth delete/g)].flatMap(
      ([, ids = "", ofFleet = ""]) => [...ids.split(", "), ...ofFleet.split(" ")],
    ),
  );
  for (const id of new Set(named)) {
    if (there.has(id) && !used.has(id)) await server.call("DELETE", `/api/v2/authorizations/${id}`);
  }
}

/** Fails unless declared, recorded and existing tokens are the same, each with a value that opens what is declared. */
export async function expectSameTokens(
  declared: ReadonlyMap<string, DeclaredToken>,
  recorded: ReadonlyMap<string, RecordedToken>,
  server: TestServer,
): Promise<void> {
  const [, ...onServer] = server.authorizations();
  const before = [...recorded.values()].flatMap(({ previous }) => previous ?? []);
  const isBefore = new Set(before.map(({ id }) => id));
  // Of the name and status of a token before the newest, the newest's state says nothing.
  const known = ({ id, token, ...more }: Partial<RecordedToken>): string[] => [
    String(id),
    String(token),
    ...(isBefore.has(String(id)) ? [] : [String(more.description), String(more.status)]),
  ];
  expect([...recorded.values(), ...before].map(known).sort()).toEqual(onServer.map(known).sort());
  const byId = new Map(onServer.map((one) => [one.id, one]));
  const found = [...recorded].map(([name, { id }]) => [name, byId.get(id)] as const);
  expect(new Map(found.map(([name, one]) => [name, one && seen(one)] as const))).toEqual(
    new Map([...declared].map(([name, one]) => [name, wanted(one)] as const)),
  );
  const answers = await Promise.all(found.map(([, one]) => isKnown(server, String(one?.token))));
  expect(answers).toEqual(found.map(() => true));
}

interface Seen {
  readonly description: string;
  readonly status: string;
  readonly grants: string;
}

const ALL = "everything";

function wanted({
  description = "",
  status = "active",
  readTasks,
  readBucket,
  allAccess,
}: DeclaredToken): Seen {
  const grants = [
    ...(readTasks === true ? ["read:tasks/"] : []),
    ...(readBucket ?? []).map((id) => `read:buckets/${id}`),
    ...(allAccess === true ? [ALL] : []),
  ];
  return { description, status, grants: grants.join() };
}

/** Not by the provider's own functions: a mistake of theirs must not be repeated here. */
function seen({ description, status, permissions }: StoredAuthorization): Seen {
  const grants = permissions.map(({ action, resource }) => `${action}:${resource.type}/${resource.id ?? ""}`);
  // All-access is reading and writing of more than twenty kinds; nothing else here is more than one permission.
  return { description, status, grants: grants.length > 40 ? ALL : grants.join() };
}

/** Whether the server knows this value: one that it does not know is refused before anything else. */
async function isKnown({ url }: TestServer, token: string): Promise<boolean> {
  const response = await fetch(`${url}/api/v2/me`, { headers: { Authorization: `Token ${token}` } });
  const { message } = (await response.json()) as { message?: string };
  return message !== "unauthorized access";
}
