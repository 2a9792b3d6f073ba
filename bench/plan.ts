/** What the programs declare in one command: the benchmark changes it from one to the next. */
export interface Plan {
  /** Number of tokens. */
  readonly n: number;
  /** 16 hex digits; each token reads and writes this one. */
  readonly bucketId: string;
  readonly preset: "bucketScoped" | "allAccess";
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
    readonly allAccess?: boolean;
    readonly readBucket?: string[];
    readonly writeBucket?: string[];
  };
}

/** Names the environment variable that carries the plan to a program. */
export const PLAN = "BENCH_PLAN";

/** The tokens of a plan. Names and descriptions have one length each, so that each token takes the same bytes. */
export function plannedTokens(plan: Plan): PlannedToken[] {
  return Array.from({ length: plan.n }, (_, index) => {
    const number = String(index).padStart(5, "0");
    const description = `service ${number}: ${plan.edited && index === 0 ? "edit" : "made"}`;
    const shared = { org: "acme", description };
    const name = `token-${number}`;
    if (plan.preset === "allAccess") return { name, args: { ...shared, allAccess: true } };
    const bucket = [plan.bucketId];
    const narrowed = plan.narrowed && index === 1;
    return {
      name,
      args: { ...shared, readBucket: bucket, ...(!narrowed && { writeBucket: bucket }) },
    };
  });
}

/** The tokens that a program is to declare now. */
export function declaredNow(env: Readonly<Record<string, string | undefined>>): PlannedToken[] {
  return plannedTokens(JSON.parse(env[PLAN] ?? "") as Plan);
}
