import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CANNED, PLAN } from "../../bench/plan";
import { nameOf, tokenResources } from "../../scripts/engine";
import { openStack, type TestStack } from "../support/stack";

// Each byte of a token's state costs time with the square of their number (docs/performance.md). What the engine writes
// around a token's values changes with the engine: so the bytes are compared with those of a floor, a resource that has
// the values that say what a token is, and no others. A ratio that grew needs a reason; one that shrank is to be written
// down here.

interface Recorded {
  readonly urn: string;
  readonly type: string;
  readonly sourcePosition?: string;
  readonly stackTrace?: readonly object[];
}

const FLOOR_PROGRAM = join(__dirname, "..", "..", "bench", "programs", "floor");
const ID = "0a1b2c3d4e5f6071";

/** As the floor's program declares its token. */
const SHARED = { org: "acme", description: "service 00000: made" };

const DECLARED = {
  bucket: (bucketId: string) => ({ ...SHARED, readBucket: [bucketId], writeBucket: [bucketId] }),
  types: () => ({ ...SHARED, readTasks: true, writeTasks: true, readBuckets: true }),
  allAccess: () => ({ ...SHARED, allAccess: true }),
  operator: () => ({ ...SHARED, operator: true }),
} as const;

/**
 * Bytes of the state of each token, by those of the floor's token, which reads and writes one bucket. That of a bucket
 * holds its name, too, for an id in place of the name to be no change.
 */
const RATIOS: Readonly<Record<keyof typeof DECLARED, number>> = {
  bucket: 0.995,
  types: 0.972,
  allAccess: 2.386,
  operator: 1.887,
};

/** The bytes of the state of a token whose outputs are its inputs and what the server answers. */
async function floorBytes(): Promise<number> {
  const inputs = {
    ...SHARED,
    readBucket: [ID],
    writeBucket: [ID],
    permissions: { [`orgs/acme/buckets/${ID}`]: "read, write" },
    host: SERVER,
  };
  const outputs = {
    ...inputs,
    effectivePermissions: { [`orgs/${ID}/buckets/${ID}`]: "read, write" },
    orgId: ID,
    user: "admin",
    userId: ID,
    status: "active",
    token: `${"t".repeat(86)}==`,
    createdAt: "2026-01-01T00:00:00.123456789Z",
    updatedAt: "2026-01-01T00:00:00.123456789Z",
  };
  const plan = { n: 1, bucketId: ID, edited: false, narrowed: false };
  const floor = await openStack(FLOOR_PROGRAM, {
    configure: false,
    env: { [PLAN]: JSON.stringify(plan), [CANNED]: JSON.stringify({ inputs, outputs }) },
  });
  try {
    expect(await floor.up()).toEqual({ created: 2 });
    const token = (await floor.resources()).find(({ type }) => type.endsWith(":FloorsToken"));
    return bytesOf(token, SERVER);
  } finally {
    await floor.dispose();
  }
}

const SERVER = "http://localhost:8086";

function bytesOf(token: unknown, url: string): number {
  const withoutChance = (name: string, value: unknown): unknown =>
    LENGTHS_BY_CHANCE.has(name) ? undefined : value;
  return Buffer.byteLength(JSON.stringify(token, withoutChance).replaceAll(url, SERVER));
}

const LENGTHS_BY_CHANCE = new Set(["created", "modified", "sourcePosition", "stackTrace"]);

describe("what a token costs", () => {
  let stack: TestStack;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "costs-"));
    const file = join(folder, "declared.json");
    stack = await openStack(join(__dirname, "programs", "declared"), { env: { DECLARED: file } });
    const bucketId = await stack.server.makeBucket("metrics");
    const declared = Object.entries(DECLARED).map(([name, args]) => [name, args(bucketId)]);
    writeFileSync(file, JSON.stringify(Object.fromEntries(declared)));
    stack.server.countRequests();
  });
  afterAll(async () => {
    await stack.dispose();
    rmSync(folder, { recursive: true });
  });

  it("is one request, and one more for each thing that is looked up for the first time", async () => {
    await stack.up();
    expect(stack.server.countRequests()).toEqual({
      "POST /api/v2/authorizations": 4,
      "GET /api/v2/orgs": 1,
      "GET /api/v2/buckets/{id}": 1,
      "GET /api/v2/resources": 1,
      "GET /api/v2/me": 1,
    });
    await stack.up();
    expect(stack.server.countRequests()).toEqual({});
    await stack.refresh();
    expect(stack.server.countRequests()).toEqual({ "GET /api/v2/authorizations/{id}": 4 });
  });

  it("is no more of the state than the floor for the same permissions, and so much more for others", async () => {
    const floor = await floorBytes();
    const ratios = (await tokens()).map((token) => [nameOf(token), bytesOf(token, stack.server.url) / floor]);
    // Less than a hundredth is what differs by chance, such as the length of a port. One more output takes more.
    const expected = Object.entries(RATIOS).map(([name, ratio]): [string, unknown] => [
      name,
      expect.closeTo(ratio, 2),
    ]);
    expect(Object.fromEntries(ratios)).toEqual(Object.fromEntries(expected));
  });

  it("holds the program's own stack frames, and none of the host's", async () => {
    for (const { sourcePosition, stackTrace } of await tokens()) {
      expect(sourcePosition).toMatch(/programs\/declared\/index\.c?[jt]s#\d+,\d+$/);
      expect(stackTrace?.[0]).toEqual({ sourcePosition });
      expect(JSON.stringify(stackTrace)).not.toContain("node_modules");
    }
  });

  async function tokens(): Promise<Recorded[]> {
    return tokenResources(await stack.engine.state());
  }
});
