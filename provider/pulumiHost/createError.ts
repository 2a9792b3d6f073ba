/**
 * An error of `create` after which the engine records the resource all the same.
 *
 * Leans on: `createRPC` in `@pulumi/pulumi`'s `cmd/dynamic-provider` turns an error with `id` and `properties` into the
 * engine's "initialization failed", whose `reasons` the engine shows.
 * When it changes: a token that was made and could not be deleted again is not recorded, and stays on the server; the
 * message names its id, so it can be found.
 * Seen by: test/e2e/faults, test/unit/dynamicProvider.
 */
import { InfluxTokenError } from "../errors";

export class PartialCreateError extends InfluxTokenError {
  override readonly name = "PartialCreateError";
  readonly reasons: readonly string[];

  constructor(
    message: string,
    readonly id: string,
    readonly properties: object,
  ) {
    super(message);
    this.reasons = [this.message];
  }
}
