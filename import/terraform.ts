import { isRecord } from "../provider/json";
import { isId } from "../provider/types";
import { type Json, readDocuments, record, records, ReportInputError } from "../report/json";
import type { ExistingToken } from "./existingToken";

/** The resource of the provider `thulasirajkomminar/influxdb` that is a token. Source: its documentation, version 2.0. */
const TYPE = "influxdb_authorization";

/** The version of state files since Terraform 0.12. */
const STATE_VERSION = 4;

/** A token that Terraform manages. */
export interface TerraformToken extends ExistingToken {
  /** Such as `module.ci.influxdb_authorization.writer["a"]`. */
  readonly address: string;
  readonly orgId: string;
  /** Name of the organization, or empty. */
  readonly org: string;
}

/** What a Terraform state has of tokens. */
export interface TerraformTokens {
  readonly tokens: readonly TerraformToken[];
  /** Names of buckets by id, as they were when Terraform last looked. */
  readonly bucketNames: ReadonlyMap<string, string>;
}

/**
 * The tokens of a Terraform state. Of their values it only takes note that they are there.
 *
 * @param text a state file of version 4, or what `terraform show -json` prints of a state or a plan.
 * @throws {ReportInputError} where it is something else, or has no token.
 */
export function terraformTokens(text: string): TerraformTokens {
  const [state, ...more] = readDocuments(text).filter(isRecord);
  if (state === undefined || more.length > 0) throw notAState("");
  const resources = isRecord(state["values"])
    ? shown(record(state["values"]["root_module"]))
    : isRecord(state["prior_state"])
      ? shown(record(record(state["prior_state"]["values"])["root_module"]))
      : stored(state);
  const byId = new Map(resources.flatMap(tokenOf).map((token) => [token.id, token]));
  if (byId.size === 0) throw new ReportInputError(`this Terraform state has no ${TYPE}`);
  const permissions = resources.flatMap(({ values }) => records(values["permissions"]));
  return { tokens: [...byId.values()], bucketNames: namesIn(permissions) };
}

/** A resource, whatever the form of the state. */
interface Resource {
  readonly address: string;
  readonly values: Json;
}

/** What `terraform show -json` prints. */
function shown(module: Json): Resource[] {
  const own = records(module["resources"])
    .filter(({ mode, type }) => mode === "managed" && type === TYPE)
    // What waits for its deletion is none of the program's.
    .filter((resource) => !("deposed_key" in resource))
    .map(({ address, values }) => ({ address: text(address), values: record(values) }));
  return [...own, ...records(module["child_modules"]).flatMap(shown)];
}

/** A state file. */
function stored({ version, resources }: Json): Resource[] {
  if (!Array.isArray(resources)) throw notAState("");
  if (version !== STATE_VERSION) {
    throw notAState(`: its version is ${String(version)}: give what \`terraform show -json\` prints`);
  }
  return records(resources)
    .filter(({ mode, type }) => mode === "managed" && type === TYPE)
    .flatMap(({ module, name, instances }) =>
      records(instances)
        .filter((instance) => !("deposed" in instance))
        .map(({ index_key: key, attributes }) => {
          const index = key === undefined || key === null ? "" : `[${JSON.stringify(key)}]`;
          const parent = text(module) === "" ? "" : `${text(module)}.`;
          return { address: `${parent}${TYPE}.${text(name)}${index}`, values: record(attributes) };
        }),
    );
}

function notAState(more: string): ReportInputError {
  return new ReportInputError(`this is no Terraform state that can be read${more}`);
}

function tokenOf({ address, values }: Resource): TerraformToken[] {
  const id = text(values["id"]).toLowerCase();
  const orgId = text(values["org_id"]).toLowerCase();
  if (!isId(id) || !isId(orgId)) {
    throw new ReportInputError(
      `${address} has no authorization id, or no org_id: run \`terraform refresh\` first`,
    );
  }
  const permissions = records(values["permissions"]).map(({ action, resource }) => {
    const { type, id: single, org_id: organization } = record(resource);
    const orEmpty = [single, organization].map((value) => (text(value) === "" ? undefined : text(value)));
    return { action: text(action), resource: { type: text(type), id: orEmpty[0], orgID: orEmpty[1] } };
  });
  return [
    {
      address,
      id,
      orgId,
      org: text(values["org"]),
      isActive: values["status"] !== "inactive",
      description: text(values["description"]),
      userId: text(values["user_id"]).toLowerCase(),
      user: text(values["user"]),
      createdAt: text(values["created_at"]),
      permissions,
      hasValue: text(values["token"]) !== "",
      isCallers: false,
    },
  ];
}

function namesIn(permissions: readonly Json[]): Map<string, string> {
  const named = permissions.map(({ resource }) => record(resource));
  return new Map(
    named.flatMap(({ type, id, name }): [string, string][] =>
      type === "buckets" && text(id) !== "" && text(name) !== ""
        ? [[text(id).toLowerCase(), text(name)]]
        : [],
    ),
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What of an address tells one token from another. */
export function shortAddress(address: string): string {
  return address.replaceAll(`${TYPE}.`, "").replaceAll(/\bmodule\./g, "");
}
