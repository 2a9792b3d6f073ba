import type { StackExport } from "../scripts/engine";

/** Names the environment variable that carries a {@link CannedToken} to the floor's provider. */
export const CANNED = "BENCH_CANNED";

/** What the real provider answered for one token: the floor answers with it for every token. */
export interface CannedToken {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** With a token that opens nothing. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Takes a token out of a stack that was exported with its secrets. */
export function cannedFrom({ deployment }: StackExport): CannedToken {
  const token = deployment.resources?.find(({ type }) => type.endsWith(":InfluxToken"));
  if (token?.inputs === undefined || token.outputs === undefined) {
    throw new Error("the stack holds no token to learn the floor's answers from");
  }
  return { inputs: withoutStub(token.inputs), outputs: { ...withoutStub(token.outputs), ...masked(token) } };
}

/** The host adds the stub by itself. */
function withoutStub(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== "__provider"));
}

/** As long as the real one, which is nobody's business. */
function masked({ outputs = {} }: { outputs?: Record<string, unknown> }): { token: string } {
  const { plaintext = '""' } = outputs["token"] as { plaintext?: string };
  return { token: "t".repeat(String(JSON.parse(plaintext)).length) };
}
