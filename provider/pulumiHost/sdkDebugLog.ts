import type * as pulumi from "@pulumi/pulumi";

/**
 * The SDK repeats the engine's answer to each registration in a debug line, secrets and all. The line shows with
 * `--debug`, and is in every event log, such as the Automation API's. Here it ends before the answer where that holds a
 * token.
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
