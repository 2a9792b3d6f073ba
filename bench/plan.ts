/** What the programs declare in one command: the benchmark changes it from one to the next. */
export interface Plan {
  /** Number of tokens. */
  readonly n: number;
  /** 16 hex digits; each token reads and writes this one. */
  readonly bucketId: string;
  /** The first token has another description. */
  readonly edited: boolean;
  /** The second token lacks the write permission. */
  readonly narrowed: boolean;
}

/** One token as a program declares it. */
export interface PlannedToken {
  readonly name: string;
  readonly args: {
    readonly org: string;
    readonly description: string;
    readonly readBucket: string[];
    readonly writeBucket?: string[];
  };
}

/** Names the environment variable that carries the plan to a program. */
export const PLAN = "BENCH_PLAN";

/** The tokens of a plan. Names and descriptions have one length each, so that each token takes the same bytes. */
export function plannedTokens({ n, bucketId, edited, narrowed }: Plan): PlannedToken[] {
  return Array.from({ length: n }, (_, index) => {
    const number = String(index).padStart(5, "0");
    const description = `service ${number}: ${edited && index === 0 ? "edit" : "made"}`;
    const args = { org: "acme", description, readBucket: [bucketId] };
    const writes = !(narrowed && index === 1);
    return { name: `token-${number}`, args: { ...args, ...(writes && { writeBucket: [bucketId] }) } };
  });
}

/** The tokens that a program is to declare now. */
export function declaredNow(env: Readonly<Record<string, string | undefined>>): PlannedToken[] {
  return plannedTokens(JSON.parse(env[PLAN] ?? "") as Plan);
}

export type Values = Readonly<Record<string, unknown>>;

/** Names the environment variable that carries a {@link CannedToken} to the floor's provider. */
export const CANNED = "BENCH_CANNED";

/** What the real provider answered for one token: the floor answers with it for every token. */
export interface CannedToken {
  readonly inputs: Values;
  /** With a token that opens nothing. */
  readonly outputs: Values;
}
