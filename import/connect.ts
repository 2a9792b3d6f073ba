import { readPem } from "../provider/connection/files";
import { resolveOrganization } from "../provider/connection/organization";
import { readProfile } from "../provider/connection/profiles";
import { type Connection, resolveConnection } from "../provider/connection/resolve";
import type { Sources } from "../provider/connection/sources";
import { ConnectionError, InfluxTokenError } from "../provider/errors";
import { organizationNameProblem } from "../provider/organizationName";
import { quoted } from "../provider/text";
import { isId, type Organization } from "../provider/types";
import { UsageError } from "../report/command";
import type { ImportOptions } from "./command";

/** How the server is reached, and the organization whose tokens are asked for. */
export interface Target {
  readonly connection: Connection;
  readonly organization: Organization;
}

/**
 * Finds server and organization as the provider does, with the options in place of `connection`. There is no stack, and
 * so none of its config.
 *
 * @throws {InfluxTokenError} or {UsageError} says which option or variable to mend.
 */
export function resolveTarget(options: ImportOptions, env: Sources["env"]): Target {
  const { host, activeConfig, configsPath, skipVerify, caFile } = options;
  const sources: Sources = {
    stored: {
      ...(host !== undefined && { host }),
      ...(activeConfig !== undefined && { activeConfig }),
      ...(configsPath !== undefined && { configsPath }),
      ...(skipVerify !== undefined && { skipVerify }),
      ...(caFile !== undefined && { caFile }),
    },
    config: () => undefined,
    env,
    readProfile: (request) => readProfile(request),
    readPem,
  };
  try {
    const organization = organizationOf(options) ?? resolveOrganization(sources);
    if (organization === undefined) {
      throw new UsageError("whose tokens? Give --org or --org-id, or set INFLUX_ORG or INFLUX_ORG_ID");
    }
    return { connection: resolveConnection(sources), organization };
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    throw new InfluxTokenError(asOptions(error));
  }
}

function organizationOf({ org, orgId }: ImportOptions): Organization | undefined {
  if (org !== undefined) {
    const problem = org === "" ? "is empty: give the organization's name" : organizationNameProblem(org);
    if (problem !== undefined) throw new UsageError(`--org ${problem}`);
    return { org };
  }
  if (orgId === undefined) return undefined;
  if (!isId(orgId)) {
    throw new UsageError(
      `--org-id ${quoted(orgId)} is not an organization id (16 hex digits, not all zeros): \`influx org list\` shows it`,
    );
  }
  return { orgId: orgId.toLowerCase() };
}

/** The same message with the names of options, and with the places where this command looks for a token. */
function asOptions({ message, property }: ConnectionError): string {
  const named = message.replace(
    /\bconnection\.(host|activeConfig|configsPath|skipVerify|caFile)\b/g,
    (_, name: string) => `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`,
  );
  if (property !== "connection.token") return named;
  // The advice comes last.
  const problem = named.slice(0, named.lastIndexOf(": "));
  return `${problem}: set INFLUX_TOKEN, together with --host or INFLUX_HOST, or make a profile with \`influx config create\``;
}
