import * as pulumi from "@pulumi/pulumi";
import type { PermissionTable } from "./permissions/table";
import { redactSdkDebugLog } from "./pulumiHost/sdkDebugLog";
import { shortenStackTraces } from "./pulumiHost/stackTraces";
import { OUTPUT_NAMES } from "./token/outputNames";
import { TOKEN_KINDS } from "./tokenTypes";
import type { TokenStatus } from "./types";

for (const { type } of TOKEN_KINDS) redactSdkDebugLog(pulumi.log, type);

/** Named so that the engine fills them in; an input of the same name takes the place of `undefined`. */
const OUTPUTS: Readonly<Record<string, undefined>> = Object.fromEntries(
  OUTPUT_NAMES.map((name) => [name, undefined]),
);

/** What every resource that holds a token has. */
export abstract class TokenResource extends pulumi.CustomResource {
  /** The token itself: what clients authenticate with. Secret. */
  declare readonly token: pulumi.Output<string>;
  /**
   * What the inputs ask for: key `orgs/<org>/buckets`, `orgs/<org>/buckets/<id>`, or `/buckets` for every organization;
   * value `read`, `write` or `read, write`. Known before the token exists. In names, `%`, `/` and control characters
   * are percent-encoded, and so is the first character of a name that looks like an id. For eyes: the form may gain
   * kinds of keys.
   */
  declare readonly permissions: pulumi.Output<PermissionTable>;
  /** What the server granted, in the same form, with ids in place of names. */
  declare readonly effectivePermissions: pulumi.Output<PermissionTable>;
  /** Name of the organization. */
  declare readonly org: pulumi.Output<string>;
  /** Id of the organization: 16 hex digits. */
  declare readonly orgId: pulumi.Output<string>;
  /** Name of the owner. */
  declare readonly user: pulumi.Output<string>;
  /** Id of the owner: 16 hex digits. */
  declare readonly userId: pulumi.Output<string>;
  /** Free text, or empty. */
  declare readonly description: pulumi.Output<string>;
  /** `active` or `inactive`. */
  declare readonly status: pulumi.Output<TokenStatus>;
  /** URL of the server that has the token. Known before the token exists. */
  declare readonly host: pulumi.Output<string>;
  /** When the token was made: RFC 3339. */
  declare readonly createdAt: pulumi.Output<string>;
  /** When the token was last changed: RFC 3339. */
  declare readonly updatedAt: pulumi.Output<string>;
  /** From when on `pulumi up` replaces the token: RFC 3339. Absent where no `rotateAfter` says so. */
  declare readonly rotateAt: pulumi.Output<string | undefined>;

  /**
   * @param type as it is recorded.
   * @param props inputs, and the names of further outputs.
   * @param secrets outputs that are secret, beside `token`.
   */
  protected constructor(
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions,
    secrets: readonly string[] = [],
  ) {
    const restore = shortenStackTraces(TokenResource.name, "RotatingTokenResource");
    try {
      super(
        type,
        name,
        { ...OUTPUTS, ...props },
        pulumi.mergeOptions(opts, { additionalSecretOutputs: ["token", ...secrets] }),
      );
    } finally {
      restore();
    }
  }
}

const ROTATING_OUTPUTS: Readonly<Record<string, undefined>> = {
  previousToken: undefined,
  authorizationId: undefined,
  previousAuthorizationId: undefined,
  rotatedAt: undefined,
};

/** What every resource that holds a token and the one before it has. */
export abstract class RotatingTokenResource extends TokenResource {
  /** The token before the newest: valid until the next rotation. Secret. Absent before the first rotation. */
  declare readonly previousToken: pulumi.Output<string | undefined>;
  /** Id of the newest token: 16 hex digits. Absent where a refresh found that it was deleted. */
  declare readonly authorizationId: pulumi.Output<string | undefined>;
  /** Id of the token before it. Absent before the first rotation. */
  declare readonly previousAuthorizationId: pulumi.Output<string | undefined>;
  /** When the newest token was made or adopted: RFC 3339. */
  declare readonly rotatedAt: pulumi.Output<string>;

  protected constructor(
    type: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions,
    secrets: readonly string[] = [],
  ) {
    super(type, name, { ...ROTATING_OUTPUTS, ...props }, opts, ["previousToken", "__previous", ...secrets]);
  }
}
