import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../provider/influxToken";

/**
 * How tokens reach their server, and what they are where they do not say it themselves. The default provider takes each
 * of these from the stack config, such as `influx-token:host`. A further provider is for a further server.
 */
export interface ProviderArgs extends ConnectionArgs {
  /** Name of the organization of tokens that name none. At most one of `org` and `orgId`. */
  org?: pulumi.Input<string> | undefined;
  /** Id of the organization of tokens that name none: 16 hex digits. */
  orgId?: pulumi.Input<string> | undefined;
  /** Name of the user who owns tokens that name no owner. Default: the user whose token makes them. */
  user?: pulumi.Input<string> | undefined;
  /**
   * Description of tokens that give none, such as `{project}/{stack}/{name}`. There are no other placeholders, and a brace
   * itself is written `{{` or `}}`. Default: none.
   */
  descriptionTemplate?: pulumi.Input<string> | undefined;
  /** `rotateAfter` of tokens that do not give it, such as `90d`. Default: `never`. */
  rotateAfter?: pulumi.Input<string> | undefined;
}
