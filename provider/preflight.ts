import { adoptedValue, findAdoptable } from "./adoption";
import type { Connections } from "./connections";
import { InfluxTokenError, NetworkError } from "./errors";
import type { Directory } from "./influxdb/directory";
import type { Session } from "./influxdb/session";
import {
  BUCKET_FLAGS,
  expandPermissions,
  needsResourceTypes,
  PermissionFlagsError,
} from "./permissions/expand";
import { readsOrganization } from "./permissions/format";
import type { Failure, InfluxTokenInputs } from "./token/inputs";
import { findBucket, refuseUselessBucket } from "./token/newAuthorization";
import { isUnknown } from "./token/unknown";

/**
 * Asks the server, before anything is made, whether it has what tokens need. Look-ups only, each distinct one once in a
 * run, also where it fails, and none for what is not known yet.
 */
export class Preflight {
  private readonly directories = new Map<Session, Directory>();

  constructor(private readonly connections: Connections) {}

  /** What is missing for every token, whether it exists or not: a server that knows the making token. */
  async ofSession(session: Session): Promise<Failure[]> {
    return failuresOf([["connection.token", () => this.directoryOf(session).ownerOfToken()]]);
  }

  /** What is missing for a token that is to be made or adopted. */
  async ofToken(inputs: InfluxTokenInputs, session: Session): Promise<Failure[]> {
    const directory = this.directoryOf(session);
    const { org, orgId, user, userId, adopt } = inputs;
    if (isUnknown(org) || isUnknown(orgId)) return [];
    if (adopt !== undefined) {
      if (isOpen(inputs)) return [];
      const find = async (): Promise<void> => {
        const { authorization } = await findAdoptable(adopt, inputs, session, directory);
        await adoptedValue(inputs, authorization, this.connections);
      };
      return failuresOf([["adopt", find]]);
    }
    const failures = await failuresOf([
      ...(org === undefined ? [] : [probe("org", () => directory.organizationId(org))]),
      ...(orgId === undefined ? [] : [probe("orgId", () => directory.requireOrganization(orgId))]),
      ...(user === undefined || isUnknown(user) ? [] : [probe("user", () => directory.userId(user))]),
      ...(userId === undefined || isUnknown(userId)
        ? []
        : [probe("userId", () => directory.requireUser(userId))]),
      ...typeProbes(inputs, directory),
    ]);
    if (failures.some(({ property }) => property === "org" || property === "orgId")) return failures;
    const ownId = orgId ?? (org === undefined ? undefined : await directory.organizationId(org));
    return ownId === undefined
      ? failures
      : [...failures, ...(await failuresOf(bucketProbes(inputs, ownId, directory)))];
  }

  private directoryOf(session: Session): Directory {
    const known = this.directories.get(session) ?? session.directory.rememberingFailures();
    this.directories.set(session, known);
    return known;
  }
}

type Probe = readonly [property: string, ask: () => Promise<unknown>];

const probe = (property: string, ask: () => Promise<unknown>): Probe => [property, ask];

/** The types that the inputs name and that not every server has. */
function typeProbes(inputs: InfluxTokenInputs, directory: Directory): Probe[] {
  const known = withoutUnknown(inputs);
  if (!needsResourceTypes(known)) return [];
  const names = Object.keys(known).filter((name) =>
    needsResourceTypes({ [name]: known[name as "operator"] }),
  );
  return names.map((name) => [
    name,
    async () => {
      const resourceTypes = await directory.resourceTypes();
      const ids = { orgId: "", userId: "" };
      expandPermissions(
        { [name]: known[name as "operator"] },
        { ...ids, ...(resourceTypes && { resourceTypes }) },
      );
    },
  ]);
}

function bucketProbes(inputs: InfluxTokenInputs, orgId: string, directory: Directory): Probe[] {
  const flags = (Object.keys(BUCKET_FLAGS) as (keyof typeof BUCKET_FLAGS)[]).filter((flag) => flag in inputs);
  // A preset, which names none, may need the owner to be expanded.
  if (flags.length === 0) return [];
  const mayReadOrganization =
    isOpen(inputs) || readsOrganization(expandPermissions(withoutUnknown(inputs), { orgId }), orgId);
  return flags.flatMap((flag) => {
    const references: unknown = inputs[flag];
    if (!Array.isArray(references)) return [];
    return references.flatMap((reference: unknown, index): Probe[] => {
      if (typeof reference !== "string" || isUnknown(reference)) return [];
      const property = `${flag}[${index}]`;
      const ask = async (): Promise<void> => {
        const bucket = await findBucket(property, reference, orgId, directory);
        refuseUselessBucket(property, flag, bucket, orgId, mayReadOrganization);
      };
      return [[property, ask]];
    });
  });
}

/** Inputs without those of which anything is not known. */
function withoutUnknown(inputs: InfluxTokenInputs): InfluxTokenInputs {
  const known = Object.entries(inputs).filter(([, value]) => !holdsUnknown(value));
  return Object.fromEntries(known) as unknown as InfluxTokenInputs;
}

function isOpen(inputs: InfluxTokenInputs): boolean {
  return Object.values(inputs).some(holdsUnknown);
}

function holdsUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(holdsUnknown);
}

/** The failures of those that found nothing. A server that does not answer is one of the connection. */
async function failuresOf(probes: readonly Probe[]): Promise<Failure[]> {
  const found = await Promise.all(
    probes.map(async ([property, ask]): Promise<Failure[]> => {
      try {
        await ask();
        return [];
      } catch (error) {
        if (error instanceof NetworkError) return [{ property: "connection.host", reason: error.message }];
        if (error instanceof InfluxTokenError || error instanceof PermissionFlagsError) {
          return [{ property, reason: error.message }];
        }
        throw error;
      }
    }),
  );
  return found.flat();
}
