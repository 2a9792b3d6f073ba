import type * as pulumi from "@pulumi/pulumi";
import { dynamicResource, type InfluxTokenArgs } from "./influxToken";
import { ROTATING_TOKEN } from "./pulumiHost/stub";
import { warnOfRisks } from "./riskWarnings";
import { RotatingTokenResource } from "./tokenResource";

/**
 * What a rotating token is to be: the inputs of any other token, and `generation`. A change of organization, owner,
 * permissions, keepers or generation rotates, and so does the end of `rotateAfter`; everything else changes in place.
 */
export interface RotatingInfluxTokenArgs extends InfluxTokenArgs {
  /**
   * Any whole number or text: a change of it rotates, also from or to none. Count it up to rotate now. Default: none.
   */
  generation?: pulumi.Input<string | number> | undefined;
}

/**
 * An InfluxDB 2.x API token that is renewed while clients run. A rotation makes a new token and keeps the one before it
 * valid until the next rotation: so long clients have to take the new one. It is an update in place; the resource's `id` is
 * its own, and no authorization's. The other outputs are those of the newest token. `pulumi destroy` deletes both.
 */
export class RotatingInfluxToken extends RotatingTokenResource {
  /**
   * Declares a rotating token.
   *
   * @param name Unique name within the stack; the tokens themselves are named by their `description` only.
   * @param args What the token is to be. Wrong ones fail the preview, each named with what to do.
   * @param opts A rotation replaces no resource: `protect` does not block it, and `retainOnDelete` keeps no token that a
   *   rotation deletes.
   */
  constructor(name: string, args: RotatingInfluxTokenArgs, opts?: pulumi.CustomResourceOptions) {
    super(...dynamicResource(ROTATING_TOKEN, name, args, opts));
    warnOfRisks(this, args);
  }
}
