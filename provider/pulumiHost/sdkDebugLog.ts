/**
 * Keeps tokens out of the SDK's debug log: it repeats the engine's answer to each registration, secrets and all. The
 * line shows with `--debug`, and is in every event log, such as the Automation API's.
 *
 * Leans on: `log.debug` of `@pulumi/pulumi` (`log/index`) being a property that can be replaced and that the SDK calls
 * through the module; and the words of `runtime/resource`: `… RPC finished: …, resp: <answer>`, which names the type before
 * the answer, or in it as part of the URN. The same in 3.150 to 3.270.
 * When it changes: made tokens stand in `--debug` output and event logs, and nothing at run time can notice. Loud in
 * our tests, for it guards a secret: the search for secrets turns red with each SDK of the range.
 * Seen by: test/e2e/sdkRange, test/e2e/secrets, test/unit/pulumiHost/sdkDebugLog.
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
  // A registration names the type before the answer; `getResource` names nothing, and its answer begins with the URN.
  const isOurs = answer !== -1 && message.includes(type);
  return isOurs ? `${message.slice(0, answer)}, resp: (not shown, for it holds a token)` : message;
}
