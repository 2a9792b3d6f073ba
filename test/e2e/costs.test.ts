import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tokenResources } from "../../scripts/engine";
import { openStack, type TestStack } from "../support/stack";

// Each byte of a token's state costs time with the square of their number (docs/performance.md). These counts do not
// depend on the machine. One that grew needs a reason; one that shrank is to be written down here.

interface Recorded {
  readonly urn: string;
  readonly type: string;
  readonly sourcePosition?: string;
  readonly stackTrace?: readonly object[];
}

const DECLARED = {
  bucket: (bucketId: string) => ({ org: "acme", readBucket: [bucketId], writeBucket: [bucketId] }),
  types: () => ({ org: "acme", readTasks: true, writeTasks: true, readBuckets: true }),
  allAccess: () => ({ org: "acme", allAccess: true }),
  operator: () => ({ org: "acme", operator: true }),
} as const;

const BYTES: Readonly<Record<keyof typeof DECLARED, number>> = {
  bucket: 1510,
  types: 1515,
  allAccess: 3817,
  operator: 3005,
};

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

  it("is so many bytes of the state, apart from the place where it is declared", async () => {
    const withoutChance = (name: string, value: unknown): unknown =>
      LENGTHS_BY_CHANCE.has(name) ? undefined : value;
    const bytes = (await tokens()).map((token) => {
      const text = JSON.stringify(token, withoutChance).replaceAll(stack.server.url, "http://localhost:8086");
      return [token.urn.split("::").pop(), Buffer.byteLength(text)];
    });
    expect(Object.fromEntries(bytes)).toEqual(BYTES);
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
