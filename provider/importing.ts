import { bucketsIn } from "./adoption";
import { InfluxTokenError } from "./errors";
import { readAuthorization } from "./influxdb/authorizations";
import { bucketIdsIn, bucketNames } from "./influxdb/bucketNames";
import { unlessRefused } from "./influxdb/directory";
import type { Session } from "./influxdb/session";
import { referenceTo } from "./permissions/bucketReference";
import { quoted, singleLine } from "./text";
import {
  type CheckContext,
  checkInputs,
  type DeclaredInputs,
  type Failure,
  type InfluxTokenInputs,
} from "./token/inputs";
import { factsOf, inputsOf } from "./token/inputsOf";
import type { BucketIds, InfluxTokenState } from "./token/state";
import { type Authorization, isId } from "./types";

/** As many permissions as a message shows. */
const MAX_LINES = 100;

/** A token that was imported. */
export interface Imported<State = InfluxTokenState> {
  /** Authorization id, in lower case. */
  readonly id: string;
  readonly state: State;
  /** What a program would have to declare for it: without what `check` adds. */
  readonly inputs: DeclaredInputs;
}

/** A token of the server, and all that its state is made of. */
interface Importable {
  readonly inputs: DeclaredInputs;
  /** The same with what `check` adds. */
  readonly checked: InfluxTokenInputs;
  readonly authorization: Authorization;
  readonly buckets: BucketIds;
}

/**
 * Looks at a token that is to be imported. What the caller may not see makes the inputs plainer: buckets have their ids,
 * and the owner is named.
 *
 * @param isOwnerNamed whether the owner is named also where it is the caller.
 * @returns `undefined` where it is gone.
 * @throws {InfluxTokenError} where inputs cannot ask for all that it may do, or its organization or owner is deleted.
 */
export async function findImportable(
  given: string,
  { client, directory }: Session,
  context: CheckContext,
  isOwnerNamed: boolean,
): Promise<Importable | undefined> {
  const id = authorizationId(given, "import");
  const found = await readAuthorization(client, id);
  if (found.kind === "gone") return undefined;
  if (found.kind === "orphaned") {
    throw new InfluxTokenError(
      `cannot import the token ${id}: its ${found.missing} was deleted on ${client.host}, and no program can name that: make a new token in its place, and delete this one with \`influx auth delete\``,
    );
  }
  const { authorization } = found;
  const { org, orgID, userID, permissions } = authorization;
  if (!isId(orgID) || !isId(userID)) throw await client.foreignAnswer(`read the token ${id}`);
  const [callerId, resourceTypes, buckets] = await Promise.all([
    isOwnerNamed ? undefined : unlessRefused(directory.ownerOfToken()),
    unlessRefused(directory.resourceTypes()),
    bucketNames(bucketIdsIn(permissions, orgID), orgID, directory),
  ]);
  const { inputs, obstacles } = inputsOf(factsOf(authorization), {
    organization: { org },
    orgId: orgID,
    callerId,
    resourceTypes,
    bucketNames: buckets.names,
  });
  if (obstacles.length > 0) {
    throw new InfluxTokenError(
      `cannot import the token ${id}: no input asks for all that it may do: make a new token in its place, without`,
      first(obstacles),
    );
  }
  const { inputs: checked, failures } = checkInputs({ ...inputs }, {}, context);
  if (failures.length > 0) {
    throw new InfluxTokenError(
      `cannot import the token ${id}:`,
      failures.map(({ reason }) => reason),
    );
  }
  return {
    inputs,
    checked: checked as unknown as InfluxTokenInputs,
    authorization,
    buckets: {
      // Of a bucket that the caller may not see, the answer's name counts where the program writes it.
      ...bucketsIn(authorization, buckets.hidden),
      ...Object.fromEntries([...buckets.names].map(([bucket, name]) => [referenceTo(name), bucket])),
    },
  };
}

/**
 * An id that a user gives.
 *
 * @param purpose what is to be done with the token, for the error.
 * @throws {InfluxTokenError} where it is none.
 */
export function authorizationId(given: string, purpose: string): string {
  const id = given.toLowerCase();
  if (isId(id)) return id;
  throw new InfluxTokenError(
    `cannot ${purpose} ${quoted(given)}: it is not an authorization id (16 hex digits, not all zeros): \`influx auth list\` shows it`,
  );
}

function first(texts: readonly string[]): string[] {
  if (texts.length <= MAX_LINES) return [...texts];
  return [...texts.slice(0, MAX_LINES), `and ${texts.length - MAX_LINES} more`];
}

/** A token of a list. */
export interface Listed {
  /** Authorization id. */
  readonly id: string;
  /** For people: its description on one line, or its id where it has none. */
  readonly name: string;
}

/** What of a token a list shows. */
export function listed(authorization: Authorization): Listed {
  const id = authorization.id.toLowerCase();
  const { description } = factsOf(authorization);
  return { id, name: description === "" ? id : singleLine(description) };
}

/** What to say where a query names no organization. */
export function cannotList(failures: readonly Failure[]): InfluxTokenError {
  return new InfluxTokenError(
    "cannot list tokens:",
    failures.map(({ reason }) => reason),
  );
}
