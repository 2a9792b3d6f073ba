import type { Session } from "../session";

/** Step 5: what is as declared is left alone, and the server is not even asked. */
export async function repeat(session: Session): Promise<void> {
  const { engine, checks } = session;
  const run = await session.pulumi("pulumi up", () => engine.up());
  checks.equal(`4 tokens and the stack are unchanged, after ${run.seconds}`, run.resources, { unchanged: 5 });
  session.checkRequests("requests that the server got", run, {});
  const before = session.tokens;
  checks.equal("every token keeps its id and its value", await session.stackTokens(), before);
}
