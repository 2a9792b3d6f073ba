import * as pulumi from "@pulumi/pulumi";
import type { TypeFlag } from "./permissions/catalogue";
import { BUCKET_FLAGS } from "./permissions/expand";
import type { RiskId } from "./permissions/risks";
import { currentRun } from "./programRun";
import { type ResourceKind, TOKEN } from "./pulumiHost/stub";
import { isPending, warnOfRisks } from "./riskWarnings";
import { COMPUTED, NAMING_INPUTS } from "./token/inputs";
import { TokenResource } from "./tokenResource";
import type { TokenStatus } from "./types";

/** How to reach the server and with which token. Stored in the stack's state; leave it out where the environment has it. */
export interface ConnectionArgs {
  /**
   * URL of the server, without query. Default, first match wins: `influx-token:host` in the stack config, the recorded
   * host of a token that exists, `INFLUX_HOST`, the CLI profile's `url`, `http://localhost:8086`. Mirrors `--host`.
   */
  host?: pulumi.Input<string> | undefined;
  /**
   * The token that makes tokens. Always a secret. Default, first match wins: `influx-token:token` in the stack config,
   * `INFLUX_TOKEN`, the CLI profile's `token`. One whose source also names a host is sent to that host only: another is
   * an error. A stored one that the server refuses is replaced for this run by what the other sources give. Mirrors
   * `--token`.
   */
  token?: pulumi.Input<string> | undefined;
  /** Accept any TLS certificate, for this connection only. Default: `INFLUX_SKIP_VERIFY`, or `false`. Mirrors `--skip-verify`. */
  skipVerify?: pulumi.Input<boolean> | undefined;
  /**
   * Profile in the CLI's configs file. Default: `INFLUX_ACTIVE_CONFIG`, or the one that is marked active. A profile
   * that is not there is an error. Mirrors `--active-config`.
   */
  activeConfig?: pulumi.Input<string> | undefined;
  /** The CLI's configs file. Default: `INFLUX_CONFIGS_PATH`, or `~/.influxdbv2/configs`. Mirrors `--configs-path`. */
  configsPath?: pulumi.Input<string> | undefined;
  /** Log each exchange; secrets are redacted. Default: `false`. Mirrors `--http-debug`. */
  httpDebug?: pulumi.Input<boolean> | undefined;
  /** PEM file of the authorities to trust, in place of the machine's own. Default: the machine's. */
  caFile?: pulumi.Input<string> | undefined;
  /** PEM file of a client certificate, for servers behind mutual TLS. Needs `keyFile`. Default: none. */
  certFile?: pulumi.Input<string> | undefined;
  /** PEM file of the client certificate's key. Needs `certFile`. Only its path is stored. Default: none. */
  keyFile?: pulumi.Input<string> | undefined;
  /** How long a request may take, its retries included: milliseconds, 1 to 3,600,000. Default: 60,000. */
  timeoutMs?: pulumi.Input<number> | undefined;
  /**
   * How often a request is retried at most: 0 to 100. Default: 4. One that makes a token is retried only when it is
   * certain that none was made.
   */
  retries?: pulumi.Input<number> | undefined;
  /** How many requests may be in flight at the host at once, for all tokens of the run: 1 to 1,000. Default: 16. */
  maxConcurrent?: pulumi.Input<number> | undefined;
}

/** `readX` and `writeX` for each resource type X. Mirrors `--read-X` and `--write-X`. */
type TypeFlagArgs = { [flag in TypeFlag]?: pulumi.Input<boolean> | undefined };

/** Risk id to the reason why the risk is accepted. */
export type Acknowledgements = { [risk in RiskId]?: pulumi.Input<string> | undefined };

/**
 * What a token is to be: the inputs mirror the flags of `influx auth create`. Among them are `readX` and `writeX` for
 * every resource type X, such as `readBuckets` or `writeTasks`. At least one permission must be asked for.
 * A change of organization, owner, permissions or keepers makes a new token before the old one is deleted, and so does
 * the end of `rotateAfter`; everything else changes in place.
 */
export interface InfluxTokenArgs extends TypeFlagArgs {
  /**
   * Name of the organization, without blanks around it. Exactly one of `org` and `orgId`. Default, first match wins:
   * `influx-token:org` or `influx-token:orgId` in the stack config, the organization of a token that exists,
   * `INFLUX_ORG` or `INFLUX_ORG_ID`, the CLI profile's `org`. Mirrors `--org`.
   */
  org?: pulumi.Input<string> | undefined;
  /**
   * Id of the organization: 16 hex digits. Mirrors `--org-id`. Where it is a secret, `permissions` is one; the outputs
   * `orgId` and `effectivePermissions` hold ids, and only the first is a secret then.
   */
  orgId?: pulumi.Input<string> | undefined;
  /**
   * Name of the user who will own the token. At most one of `user` and `userId`. Default, first match wins:
   * `influx-token:user` in the stack config, the owner of a token that exists, the user whose token makes it. Mirrors
   * `--user`.
   */
  user?: pulumi.Input<string> | undefined;
  /** Id of the user who will own the token: 16 hex digits. */
  userId?: pulumi.Input<string> | undefined;
  /**
   * Free text. Default: what `influx-token:descriptionTemplate` in the stack config gives, such as
   * `{project}/{stack}/{name}`; else empty. An empty text asks for none. Changes in place. Mirrors `--description`.
   */
  description?: pulumi.Input<string> | undefined;
  /** An inactive token is refused by the server. Default: `active`. Changes in place. */
  status?: pulumi.Input<TokenStatus> | undefined;
  /**
   * Read and write on every resource type of every organization, now and later. OSS only. Excludes every other
   * permission. Mirrors `--operator`.
   */
  operator?: pulumi.Input<boolean> | undefined;
  /**
   * Read and write on every resource type of the organization, except that the organization itself is only read, and
   * that of users only the owner is reached. Excludes every other permission. Mirrors `--all-access`.
   */
  allAccess?: pulumi.Input<boolean> | undefined;
  /**
   * Read the token's own organization and no other, in place of `readOrgs`: the smallest right that dashboards need,
   * and that opens a system bucket such as `_monitoring` together with `readBucket`. No flag can ask for it.
   */
  readOwnOrg?: pulumi.Input<boolean> | undefined;
  /**
   * Buckets of the token's organization to read, each by name or by id: 16 hex digits are an id, `name:TEXT` is always a
   * name, everything else is a name as it stands. Names are resolved when the token is made; one that a refresh finds
   * made anew makes a new token, and one that is renamed on the server stays. Mirrors `--read-bucket`. Where one is a
   * secret, so is `permissions`, but not `effectivePermissions`, which holds ids.
   */
  readBucket?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Buckets to write, each by name or by id, as `readBucket`. Mirrors `--write-bucket`. */
  writeBucket?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * What no flag can ask for: `{ "telegrafs/<id>": "read", "/orgs/<id>": "read, write" }`, as `permissions` writes it. Without
   * a leading slash it is in the token's own organization; with one it needs an id, and reaches that wherever it is.
   */
  extraPermissions?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /** Any strings: a change of one makes a new token, for rotation. */
  keepers?: pulumi.Input<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * How long after it was made, or adopted, the token is replaced: whole hours, days or weeks such as `12h`, `90d` or
   * `2w`, or ISO 8601 without years and months such as `P90D` or `P1DT12H`; from an hour to 36,500 days. The first
   * `pulumi up` after the output `rotateAt` replaces it. `never` overrides the default. Default:
   * `influx-token:rotateAfter` in the stack config, or never. Changes in place.
   */
  rotateAfter?: pulumi.Input<string> | undefined;
  /**
   * Risk id to the reason why the risk is accepted, such as `{ "operator-token": "break-glass, see runbook" }`. Its
   * warning is not shown, and the report names the reason. It is not sent to the server. Changes in place.
   */
  acknowledge?: pulumi.Input<Acknowledgements> | undefined;
  /**
   * Id of a token of the server to take over, in place of making one: 16 hex digits. Its permissions, organization and owner
   * must be what is declared, else an error shows each difference. Leave it out once the stack has the token: while it is
   * there, nothing may replace the token.
   */
  adopt?: pulumi.Input<string> | undefined;
  /**
   * The value of the token that is adopted, where the server stores tokens hashed (2.9 and later, Cloud) and does not tell
   * it. Always a secret. It is checked by using it: the server must accept it, and tell the same owner.
   */
  adoptToken?: pulumi.Input<string> | undefined;
  /**
   * Adopt a token whose value nobody knows: the output `token` is absent, and each run warns. Default: `false`, an
   * error. What is made from the output would be empty.
   */
  adoptWithoutToken?: pulumi.Input<boolean> | undefined;
  /**
   * Switch the token off where it would be deleted, also a replaced one: it stays on the server, inactive. It counts
   * from the state, so from the run after the one that sets it. Default: `false`. Changes in place.
   */
  deactivateOnDelete?: pulumi.Input<boolean> | undefined;
  /** How to reach the server. Default: see each of its properties. */
  connection?: pulumi.Input<ConnectionArgs> | undefined;
}

/** An InfluxDB 2.x API token (an "authorization"). */
export class InfluxToken extends TokenResource {
  /**
   * Declares a token.
   *
   * @param name Unique name within the stack; the token itself is named by its `description` only.
   * @param args What the token is to be. Wrong ones fail the preview, each named with what to do.
   * @param opts `protect` blocks rotation, and `retainOnDelete` also keeps a replaced token alive. `import` is taken as
   *   the input `adopt`: Pulumi's own import does not reach dynamic resources.
   */
  constructor(name: string, args: InfluxTokenArgs, opts?: pulumi.CustomResourceOptions) {
    super(...dynamicResource(TOKEN, name, args, opts));
    warnOfRisks(this, args);
  }
}

/**
 * How a token is registered as a dynamic resource: what {@link TokenResource} is made of.
 *
 * @throws {pulumi.RunError} for what only a program sees.
 */
export function dynamicResource(
  kind: ResourceKind,
  name: string,
  given: InfluxTokenArgs,
  { import: id, ...opts }: pulumi.CustomResourceOptions = {},
): [string, string, pulumi.Inputs, pulumi.CustomResourceOptions, string[]] {
  refuseOptions(kind.name, name, opts);
  const args = withAdopted(kind.name, name, given, id);
  const run = currentRun();
  run.checkStub(kind.request);
  run.checkConfigKeys();
  run.checkAdoption(kind.name, name, args);
  const declared = { ...args, ...run.defaults().for(name, args) } as InfluxTokenArgs;
  const { connection, adoptToken } = args;
  const props = {
    ...placeholders(declared),
    ...declared,
    ...((connection ?? undefined) !== undefined && { connection: withSecretToken(connection) }),
    ...((adoptToken ?? undefined) !== undefined && { adoptToken: pulumi.secret(adoptToken) }),
    __provider: kind.stub,
  };
  return [kind.type, name, props, opts, secretOutputs(args)];
}

/**
 * The host marks secrets by the name of the property that carried one in. What `check` puts in the place of these is as
 * secret as what it is made of.
 */
export function placeholders(args: InfluxTokenArgs): Record<string, unknown> {
  const naming = Object.entries(args).flatMap(([name, value]: [string, unknown]) =>
    NAMING_INPUTS.includes(name) && (isPending(value) || hasPending(value)) ? [value] : [],
  );
  const { connection } = args;
  const host = isPending(connection) ? connection : (connection as ConnectionArgs | undefined)?.host;
  const computed = (from: unknown): unknown => pulumi.all([from]).apply(() => COMPUTED);
  return {
    ...(naming.length > 0 && { permissions: computed(naming) }),
    ...(isPending(host) && { host: computed(host) }),
  };
}

function hasPending(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).some(isPending);
}

/** The state knows buckets by name and id: both may be secret where the program does not have them in plain. */
function secretOutputs(args: InfluxTokenArgs): string[] {
  const buckets = Object.keys(BUCKET_FLAGS).map((name) => args[name as keyof typeof BUCKET_FLAGS]);
  const mayBeSecret = buckets.some((value) => isPending(value) || hasPending(value));
  return ["__names", ...(mayBeSecret ? ["__buckets"] : [])];
}

/** Pulumi's import cannot reach a dynamic resource: what it asks for is an input here. */
function withAdopted(
  kind: string,
  name: string,
  args: InfluxTokenArgs,
  id: pulumi.ID | undefined,
): InfluxTokenArgs {
  const { adopt } = args;
  if ((id ?? undefined) === undefined) return args;
  if ((adopt ?? undefined) !== undefined && adopt !== id) {
    throw new pulumi.RunError(
      `${kind} "${name}" gives the input adopt and the option import: keep one of them`,
    );
  }
  return { ...args, adopt: id };
}

/** What this option promises, a dynamic provider cannot keep. */
function refuseOptions(kind: string, name: string, opts: pulumi.CustomResourceOptions): void {
  const refuse = (option: string, instead: string): never => {
    throw new pulumi.RunError(`${kind} "${name}" cannot take the option ${option}: ${instead}`);
  };
  if ((opts.replaceOnChanges ?? []).length > 0) {
    refuse(
      "replaceOnChanges",
      "organization, owner, permissions and keepers make a new token by themselves. For a new token on another occasion put its value into keepers",
    );
  }
}

/** The host marks secrets by the name of the property that carried one in, so that this mark lasts into every state. */
export function withSecretToken(connection: InfluxTokenArgs["connection"]): unknown {
  const mark = (args: ConnectionArgs | null | undefined): unknown =>
    (args?.token ?? undefined) === undefined ? args : { ...args, token: pulumi.secret(args?.token) };
  return isPending(connection)
    ? pulumi.all([connection]).apply(([args]) => pulumi.output(mark(args as ConnectionArgs)))
    : mark(connection as ConnectionArgs);
}
