import { ForeignAnswerError } from "../errors";

/** What to throw where a success was answered in a shape, or from a place, that is not InfluxDB's. */
export async function foreignAnswer(
  client: { identify(): Promise<string> },
  purpose: string,
): Promise<ForeignAnswerError> {
  const identity = (await client.identify()) || "does a proxy stand at this address?";
  return new ForeignAnswerError(`cannot ${purpose}: the answer is not InfluxDB's: ${identity}`);
}
