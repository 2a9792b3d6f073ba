/** What the programs of fleets declare in one command: the benchmark changes it from one to the next. */
export interface FleetPlan {
  /** Number of members at first. */
  readonly n: number;
  /** 16 hex digits; each token reads and writes this one. */
  readonly bucketId: string;
  /** There is one member more. */
  readonly added: boolean;
  /** The first member is rotated. */
  readonly rotated: boolean;
}

/** Names the environment variable that carries the plan to a program. */
export const FLEET_PLAN = "BENCH_FLEET_PLAN";

/** What every member has. */
interface Each {
  readonly org: string;
  readonly readBucket: string[];
  readonly writeBucket: string[];
}

interface OwnInputs {
  readonly keepers?: Readonly<Record<string, string>>;
}

/** One fleet as a program declares it. */
export interface PlannedFleet {
  readonly each: Each;
  readonly members: Readonly<Record<string, OwnInputs>>;
}

/** The fleet of a plan. Names have one length, so that each member takes the same bytes. */
export function plannedFleet({ n, bucketId, added, rotated }: FleetPlan): PlannedFleet {
  const members = Array.from({ length: added ? n + 1 : n }, (_, index): [string, OwnInputs] => [
    `device-${String(index).padStart(5, "0")}`,
    rotated && index === 0 ? { keepers: { rotation: "1" } } : {},
  ]);
  const each = { org: "acme", readBucket: [bucketId], writeBucket: [bucketId] };
  return { each, members: Object.fromEntries(members) };
}

/** The same tokens as resources of their own, with the descriptions that a fleet gives its members. */
export function plannedMembers(plan: FleetPlan): {
  name: string;
  args: Each & OwnInputs & { readonly description: string };
}[] {
  const { each, members } = plannedFleet(plan);
  return Object.entries(members).map(([name, own]) => ({
    name,
    args: { ...each, description: `bench/dev/devices/${name}`, ...own },
  }));
}

type Environment = Readonly<Record<string, string | undefined>>;

const planNow = (env: Environment): FleetPlan => JSON.parse(env[FLEET_PLAN] ?? "") as FleetPlan;

/** The fleet that a program is to declare now. */
export const fleetNow = (env: Environment): PlannedFleet => plannedFleet(planNow(env));

/** The tokens that a program is to declare now. */
export const membersNow = (env: Environment): ReturnType<typeof plannedMembers> =>
  plannedMembers(planNow(env));
