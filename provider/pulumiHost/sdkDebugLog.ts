/**
 * Keeps tokens out of the SDK's debug log: it repeats the engine's answer to each registration, secrets and all. The
 * line shows with `--debug`, and is in every event log, such as the Automation API's.
 *
 * Leans on: `log.debug` of `@pulumi/pulumi` being replaceable, and the words of `registerResource` in its
 * `runtime/resource`: `[<type>] …, resp: <answer>`.
 * When it changes: made tokens are printed by `--debug` and stand in event logs. Loud, for it guards a secret: the
 * search for secrets in the end-to-end tests turns red.
 * Seen by: test/e2e/secrets, test/unit/pulumiHost/sdkDebugLog.
 */
import type * as pulumi from "@pulumi/pulumi";

/**
 * Ends each such line before the answer where that holds a token.
 *
 * @param log the SDK's.
 * @param type of the resources whose answers hold one.
 */
export function redactSdkDebugLog(log: { debug: typeof pulumi.log.debug }, type: string): void {
  const { debug } = log;
  log.debug = (message, ...rest) => debug(withoutAnswer(message, type), ...rest);
}

function withoutAnswer(message: string, type: string): string {
  const answer = message.indexOf(", resp: ");
  const begin = message.slice(0, answer);
  const isOurs = answer !== -1 && begin.includes(`[${type}]`);
  return isOurs ? `${begin}, resp: (not shown, for it holds a token)` : message;
}
