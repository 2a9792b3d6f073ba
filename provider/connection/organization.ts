import { ConnectionError } from "../errors";
import { organizationNameProblem } from "../organizationName";
import { isId, type Organization } from "../types";
import { quoted } from "../text";
import { fromProfile, type Sources } from "./sources";

/**
 * The organization that a program leaves out. First match: the stack's config, the recorded one of a token that
 * exists, the environment, the CLI's profile.
 *
 * @throws {ConnectionError} when one source gives both name and id, a name has blanks around it, an id is none, or the
 *   profile is needed and cannot be read.
 * @throws {NotKnownYetError} when the profile is needed, and a preview does not know yet which one.
 */
export function resolveOrganization(sources: Sources, recorded?: Organization): Organization | undefined {
  const inConfig = (key: string): Given => ({
    value: sources.config(key),
    name: key,
    from: `${key} in the stack config`,
  });
  const inEnvironment = (name: string): Given => ({ value: sources.env[name], name, from: name });

  const found = organizationOf(inConfig("influx-token:org"), inConfig("influx-token:orgId"));
  if (found !== undefined) return found;
  if (recorded?.org !== undefined || recorded?.orgId !== undefined) return recorded;
  const ofMachine = organizationOf(inEnvironment("INFLUX_ORG"), inEnvironment("INFLUX_ORG_ID"));
  if (ofMachine !== undefined) return ofMachine;
  const ofProfile = fromProfile(sources, "org");
  return ofProfile && organizationOf({ ...ofProfile, name: ofProfile.from });
}

interface Given {
  readonly value: string | undefined;
  /** The key or the variable. */
  readonly name: string;
  /** As messages name it. */
  readonly from: string;
}

function organizationOf(name: Given, id?: Given): Organization | undefined {
  const { value: org = "" } = name;
  const { value: orgId = "" } = id ?? {};
  if (org !== "" && orgId !== "") {
    throw new ConnectionError("org", `${name.name} and ${id?.name ?? ""} are both set: keep one of them`);
  }
  const problem = organizationNameProblem(org);
  if (problem !== undefined) throw new ConnectionError("org", `${name.from} ${problem}`);
  if (orgId !== "" && !isId(orgId)) {
    throw new ConnectionError(
      "orgId",
      `${id?.from ?? ""} ${quoted(orgId)} is not an organization id (16 hex digits, not all zeros): \`influx org list\` shows it`,
    );
  }
  if (org !== "") return { org };
  return orgId === "" ? undefined : { orgId: orgId.toLowerCase() };
}
