import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmulator, type Emulator } from "../../emulator";
import { STEPS } from "../../scripts/demo/steps";
import { SELECTION, SOAK } from "../support/soak";

// The compiled demo as its own process, with the real engine. Its temporary folders are made in one of the test's.

jest.setTimeout(240_000);

const DEMO = join(__dirname, "..", "..", "dist", "scripts", "demo.js");
const HEADINGS = STEPS.map(({ title }, index) => `Step ${index + 1} of ${STEPS.length}: ${title}`);
/** What a server makes: 64 random bytes in URL-safe Base64. */
const TOKEN = /[\w-]{86}==/;
const ONBOARDING = { username: "admin", org: "acme", bucket: "first" };

let temporary: string;
let emulator: Emulator | undefined;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "demo-test-"));
});

afterEach(async () => {
  await emulator?.close();
  emulator = undefined;
  await rm(temporary, { recursive: true, force: true });
});

it("runs every step on an emulator of its own, shows no token, and leaves nothing behind", async () => {
  const { code, stdout, stderr } = await demo({});
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.match(/^Step .*/gm)).toEqual(HEADINGS);
  expect(stdout).toMatch(/^Done: 10 steps, \d+ checks, [\d.]+ s$/m);
  expect(stdout).toContain("ok  requests that the server got: none");
  expect(stdout).toMatch(/^ {4}operator .* ! operator-token$/m);
  expect(stdout).toMatch(/^ {4}dashboards .* ± replace: permissions +\+ read:orgs\/acme\/tasks$/m);
  expect(stdout).toMatch(/^ {4}handmade .* « adopt: [0-9a-f]{16} +read:orgs\/acme\/buckets\/raw$/m);
  expect(stdout).toMatch(/^ {4}downsampler .* ± replace: keepers /m);
  expect(stdout).not.toMatch(TOKEN);
  expect(stdout).not.toContain("\u001b");
  expect(await readdir(temporary)).toEqual([]);
});

describe(`on a server of somebody's own (${SELECTION})`, () => {
  // In `npm test` the runs that fail and that are interrupted do: they have as much to remove.
  if (SOAK) {
    it("runs every step and removes what it made", async () => {
      const { url, token, remains } = await server({ plainTokens: true });
      const { code, stdout, stderr } = await demo({ INFLUX_HOST: `${url}/`, INFLUX_TOKEN: token });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout.match(/^Step .*/gm)).toEqual(HEADINGS);
      // Somebody else may be asking the server, too.
      expect(stdout).not.toContain("requests that the server got");
      expect(stdout).not.toContain(token);
      expect(stdout).not.toMatch(TOKEN);
      expect(await remains()).toEqual(UNTOUCHED);
      expect(await readdir(temporary)).toEqual([]);
    });
  }

  it("says what is wrong with a token that is not an operator's, and makes nothing", async () => {
    const { url, grant, remains } = await server();
    const token = await grant(["buckets", "authorizations"]);
    const { code, stdout, stderr } = await demo({ INFLUX_HOST: url, INFLUX_TOKEN: token });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("FAILED") as string });
    expect(stdout).toContain(
      `FAILED  POST ${url}/api/v2/orgs answered 401 "write:orgs is unauthorized". INFLUX_TOKEN must be an operator token`,
    );
    expect(stdout).not.toContain(token);
    expect(await remains()).toEqual({ ...UNTOUCHED, authorizations: 2 });
    expect(await readdir(temporary)).toEqual([]);
  });

  it("removes what it made also when a step fails", async () => {
    const { url, grant, remains } = await server();
    // Enough for an organization with buckets, and for all tokens but the operator token.
    const token = await grant(["orgs", "users", "buckets", "authorizations", "dashboards"]);
    const { code, stdout } = await demo({ INFLUX_HOST: url, INFLUX_TOKEN: token });
    expect(code).toBe(1);
    expect(stdout.match(/^Step .*/gm)).toEqual(HEADINGS.slice(0, 3));
    expect(stdout).toContain("FAILED  pulumi ended with exit code");
    expect(stdout).toContain("a token can only grant what it holds itself");
    expect(stdout).not.toMatch(TOKEN);
    expect(await remains()).toEqual({ ...UNTOUCHED, authorizations: 2 });
    expect(await readdir(temporary)).toEqual([]);
  });

  it("removes what it made also when it is interrupted", async () => {
    const { url, token, remains } = await server();
    const { code, stdout, stderr } = await demo(
      { INFLUX_HOST: url, INFLUX_TOKEN: token },
      /^ {2}\$ pulumi up$/m,
    );
    expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
    expect(stdout).toContain("Interrupted by SIGINT");
    expect(await remains()).toEqual(UNTOUCHED);
    expect(await readdir(temporary)).toEqual([]);
  });

  it("wants both its address and its token", async () => {
    const { code, stdout } = await demo({ INFLUX_HOST: "http://127.0.0.1:1" });
    expect(code).toBe(1);
    expect(stdout).toContain("INFLUX_HOST is set and INFLUX_TOKEN is not");
  });
});

const UNTOUCHED = { authorizations: 1, orgs: ["acme"], buckets: ["first"], users: ["admin"] };

/** A server that was there before the demo, and what there is to know of it. */
async function server(options: { plainTokens?: boolean } = {}) {
  const running = await startEmulator({ ...options, onboard: ONBOARDING });
  emulator = running;
  const { url, onboarded } = running;
  const token = onboarded?.token ?? "";
  const headers = { Authorization: `Token ${token}` };
  const list = async (path: string): Promise<{ name: string; type?: string }[]> => {
    const answer = (await (await fetch(`${url}/api/v2/${path}`, { headers })).json()) as Record<
      string,
      unknown
    >;
    return answer[path.replace(/\?.*/, "")] as { name: string; type?: string }[];
  };
  const names = async (path: string): Promise<string[]> =>
    (await list(path)).filter(({ type }) => type !== "system").map(({ name }) => name);
  return {
    url,
    token,
    /** A token that may read and write these types everywhere. */
    grant: async (types: string[]): Promise<string> => {
      const permissions = types.flatMap((type) =>
        ["read", "write"].map((action) => ({ action, resource: { type } })),
      );
      const body = JSON.stringify({ orgID: onboarded?.orgId, permissions });
      const answer = await fetch(`${url}/api/v2/authorizations`, { method: "POST", headers, body });
      return ((await answer.json()) as { token: string }).token;
    },
    remains: async () => ({
      authorizations: running.authorizations().length,
      orgs: await names("orgs"),
      buckets: await names("buckets?limit=100"),
      users: await names("users"),
    }),
  };
}

/** Runs the demo to its end. Interrupts it once what it printed matches `interruptAt`. */
function demo(
  settings: Record<string, string>,
  interruptAt?: RegExp,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const caller = Object.entries(process.env).filter(([name]) => !name.startsWith("INFLUX_"));
  const env = { ...Object.fromEntries(caller), TMPDIR: temporary, ...settings };
  const child = spawn(process.execPath, [DEMO], { env, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  let interrupted = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (interrupted || interruptAt?.test(stdout) !== true) return;
    interrupted = true;
    child.kill("SIGINT");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}
