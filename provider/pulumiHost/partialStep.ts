/**
 * An error of `create` or `update` after which the engine records the resource all the same.
 *
 * Leans on: `grpcResponseFromError` in `@pulumi/pulumi`'s `cmd/dynamic-provider`, which is neither typed nor documented:
 * it reads `id`, `properties` and `reasons` of the error. It does not add `__provider` to the properties, so they must
 * hold it. The same in 3.216 to 3.270.
 * When it changes: a token that was made, and that could be neither used nor deleted, is an orphan, and so is the newest
 * one of a rotation that failed after it was made: only the message holds its id. Loud in our tests, for it guards tokens.
 * Seen by: test/e2e/sdkRange, test/e2e/rotation, test/unit/influxdb/createSafely.
 */
import { InfluxTokenError } from "../errors";

export class PartialStepError extends InfluxTokenError {
  override readonly name = "PartialStepError";
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
