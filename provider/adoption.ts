import type { Connections } from "./connections";
import { InfluxTokenError, ServerError } from "./errors";
import { readAuthorization } from "./influxdb/authorizations";
import type { Session } from "./influxdb/session";
import { referenceTo } from "./permissions/bucketReference";
import { adoptionDifferences } from "./token/adoption";
import type { InfluxTokenInputs } from "./token/inputs";
import { stillToBeAdopted, valueIsHereOnly } from "./token/messages";
import { type Directory, permissionsFor } from "./token/newAuthorization";
import type { BucketIds, InfluxTokenState } from "./token/state";
import { type Authorization, tokenValueIn } from "./types";

/** A token of the server that is what the inputs declare. */
export interface Adoptable {
  readonly authorization: Authorization;
  readonly buckets: BucketIds;
}

/**
 * Looks at the token that is to be adopted.
 *
 * @throws {InfluxTokenError} where it is not there, or is another one than the inputs declare: with each difference.
 */
export async function findAdoptable(
  id: string,
  inputs: InfluxTokenInputs,
  { client }: Session,
  directory: Directory,
): Promise<Adoptable> {
  const found = await readAuthorization(client, id);
  switch (found.kind) {
    case "gone":
      throw new InfluxTokenError(
        `cannot adopt the token ${id}: it is not on ${client.host}: \`influx auth list\` shows those that are`,
      );
    case "orphaned":
      throw new InfluxTokenError(
        `cannot adopt the token ${id}: its ${found.missing} was deleted on ${client.host}: make a new token in its place`,
      );
    case "found": {
      const { authorization } = found;
      const { permissions, buckets } = await permissionsFor(inputs, authorization, directory);
      const differences = adoptionDifferences(inputs, permissions, authorization);
      if (differences.length === 0)
        return { authorization, buckets: { ...bucketsIn(authorization), ...buckets } };
      throw new InfluxTokenError(
        `cannot adopt the token ${id}: it is not what the program declares. Declare what is on the server, or leave adopt out for a new token (+ only in the program, - only on the server):`,
        differences,
      );
    }
  }
}

/**
 * Buckets by the names that the server's answer has for their ids, for a name in place of an id to be no change.
 *
 * @param among ids of those that count. Default: all.
 */
export function bucketsIn({ permissions, orgID }: Authorization, among?: ReadonlySet<string>): BucketIds {
  const named = permissions.flatMap(({ resource: { type, id, name, orgID: scope } }): [string, string][] =>
    type === "buckets" &&
    id !== undefined &&
    typeof name === "string" &&
    name !== "" &&
    scope === orgID &&
    among?.has(id) !== false
      ? [[referenceTo(name), id]]
      : [],
  );
  return Object.fromEntries(named);
}

/**
 * The value of a token that is adopted: the server's word, or the program's where the server accepts it.
 *
 * @returns `undefined` where nobody knows it, and the program does without.
 * @throws {InfluxTokenError} where it is needed, or is another token's.
 */
export async function adoptedValue(
  inputs: InfluxTokenInputs,
  authorization: Authorization,
  connections: Connections,
): Promise<string | undefined> {
  const { adoptToken, adoptWithoutToken } = inputs;
  const { id } = authorization;
  const told = tokenValueIn(authorization);
  if (told !== undefined) {
    if (adoptToken === undefined || adoptToken === told) return told;
    throw new InfluxTokenError(
      `cannot adopt the token ${id}: adoptToken is another token's value: leave it out, for the server tells the right one`,
    );
  }
  if (adoptToken !== undefined) {
    await assertAccepted(inputs, adoptToken, authorization, connections);
    return adoptToken;
  }
  if (adoptWithoutToken === true) return undefined;
  throw new InfluxTokenError(
    `cannot adopt the token ${id}: the server stores tokens hashed and does not tell its value: give it as the secret adoptToken, or adoptWithoutToken: true where nothing in the program needs it`,
  );
}

/**
 * Uses the token: a server accepts it, and tells whose it is. That it is this one and no other of its owner's, a server
 * does not tell.
 */
async function assertAccepted(
  inputs: InfluxTokenInputs,
  token: string,
  { id, userID, user, status }: Authorization,
  connections: Connections,
): Promise<void> {
  const { directory } = connections.sessionOfToken(token, "adoptToken", inputs);
  let owner: string | undefined;
  try {
    owner = await directory.ownerOfToken();
  } catch (error) {
    if (!(error instanceof ServerError) || !error.own || (error.status !== 401 && error.status !== 403))
      throw error;
    // One that is switched off is known all the same.
    if (status === "inactive" && error.said === "token is inactive") return;
    throw new InfluxTokenError(
      `cannot adopt the token ${id}: the server does not accept adoptToken (${error.status} "${error.said}"): give the value of this token`,
    );
  }
  if (owner === undefined || owner === userID) return;
  throw new InfluxTokenError(
    `cannot adopt the token ${id}: adoptToken belongs to the user ${owner}, and the token to ${user} (${userID}): give the value of this token`,
  );
}

/** What the other processes of the run have records of, for the engine starts one for each provider. */
export interface OtherProcesses {
  tell(key: string, record: ToldStanding): void;
  of(key: string): ToldStanding[];
}

/** The same, as processes tell each other. */
interface ToldStanding extends Standing {
  /** When the record was adopted; empty where it never was. */
  readonly at: string;
  /** Whether the program has yet to adopt it. */
  readonly isWanted?: boolean;
}

/** Stands for the time of a record that is still to come. */
const WANTED = "wanted";

/** What is known of a record of a token. */
interface Standing {
  /** Whether another token takes the place of its. */
  readonly isReplaced: boolean;
  readonly hasValue: boolean;
}

/**
 * Which tokens a run has records of: it adopts none twice, and deletes none that another record of the same run stands
 * for, or that its program still adopts. Where a replacement is asked for (`--replace`, a taint), `create` adopts the
 * token anew, and then the engine wants the old record's deleted.
 */
export class Records {
  /** By token, and by when each record's was adopted; empty where it never was. */
  private readonly known = new Map<string, Map<string, Standing>>();
  private readonly adopted = new Set<string>();
  /** Tokens that the program has yet to adopt. */
  private readonly wanted = new Set<string>();

  constructor(private readonly processes: OtherProcesses) {}

  /** Takes note of a token that the program adopts, before it does. Returns whether it has a record of it already. */
  want(id: string, host: string): boolean {
    const key = keyOf(id, host);
    this.wanted.add(key);
    this.processes.tell(key, { at: WANTED, isReplaced: false, hasValue: false, isWanted: true });
    return this.known.has(key) || this.isElsewhere(key);
  }

  /**
   * Takes note of a record that the program has.
   *
   * @param declaredHost where the token is to be, which may be another address.
   * @param isReplaced whether another token takes the place of its.
   */
  declare(id: string, state: InfluxTokenState, declaredHost: string, isReplaced: boolean): void {
    const keys = new Set([keyOf(id, state.host), keyOf(id, declaredHost)]);
    for (const key of keys) {
      const isTaken = this.adopted.has(key) && !this.known.has(key);
      this.note(key, state, isReplaced);
      const elsewhere = this.processes.of(key);
      const isWanted = this.wanted.has(key) || elsewhere.some((one) => one.isWanted === true);
      if (isTaken || isWanted || this.others(key, state, elsewhere).length > 0) throw adoptedTwice(id);
    }
  }

  /** Takes note of a value that a record lacked. */
  learn(id: string, state: InfluxTokenState): void {
    this.note(keyOf(id, state.host), state, false);
  }

  /**
   * Adopts a token, unless the run has a record of it.
   *
   * @param adopt gives the record's state.
   */
  async adopt(id: string, host: string, adopt: () => Promise<InfluxTokenState>): Promise<InfluxTokenState> {
    const key = keyOf(id, host);
    if (this.known.has(key) || this.adopted.has(key) || this.isElsewhere(key)) throw adoptedTwice(id);
    this.adopted.add(key);
    try {
      const state = await adopt();
      this.note(key, state, false);
      this.wanted.delete(key);
      this.processes.tell(key, { at: WANTED, isReplaced: false, hasValue: false });
      return state;
    } catch (error) {
      this.adopted.delete(key);
      throw error;
    }
  }

  /**
   * Whether another record than this one stands for the token, so that the token stays.
   *
   * @param host where it would be deleted.
   * @throws {InfluxTokenError} where the token or its value would be lost by it.
   */
  hasAnother(id: string, state: InfluxTokenState, host: string): boolean {
    const key = keyOf(id, host);
    const elsewhere = this.processes.of(key);
    const others = this.others(key, state, elsewhere).filter(({ isReplaced }) => !isReplaced);
    if (others.length > 0) {
      if (state.token !== undefined && !others.some(({ hasValue }) => hasValue)) throw valueIsHereOnly(id);
      return true;
    }
    const isWanted = this.wanted.has(key) || elsewhere.some((one) => one.isWanted === true);
    if (isWanted) throw stillToBeAdopted(id);
    return false;
  }

  /** Whether another process of the run has a record that stays. */
  private isElsewhere(key: string): boolean {
    return this.processes.of(key).some(({ at, isReplaced }) => at !== WANTED && !isReplaced);
  }

  private others(
    key: string,
    { __adoptedAt = "" }: InfluxTokenState,
    elsewhere: readonly ToldStanding[],
  ): Standing[] {
    const own = [...(this.known.get(key) ?? [])].map(([at, one]) => ({ ...one, at }));
    return [...own, ...elsewhere].filter(({ at }) => at !== __adoptedAt && at !== WANTED);
  }

  private note(key: string, { __adoptedAt = "", token }: InfluxTokenState, isReplaced: boolean): void {
    const records = this.known.get(key) ?? new Map<string, Standing>();
    const standing = { isReplaced, hasValue: token !== undefined };
    this.known.set(key, records.set(__adoptedAt, standing));
    this.processes.tell(key, { at: __adoptedAt, ...standing });
  }
}

/** What to say where two resources of a program have one token. */
export function adoptedTwice(id: string): InfluxTokenError {
  return new InfluxTokenError(
    `cannot adopt the token ${id}: another resource of this stack has it: adopt a token once`,
  );
}

/** Ids are a server's own: that of another one can be the same. */
export function keyOf(id: string, host: string): string {
  return `${host} ${id}`;
}
