import { spawn, spawnSync } from "node:child_process";
import type * as fs from "node:fs";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { descriptionDigest } from "../../provider/fleet/memberNames";
import { isUnrecorded, Journal } from "../../provider/journal";

const KEY = { host: "http://localhost:8086", shard: "acme/prod/sensors/05" };
const ID = "0123456789abcdef";
const NOW = 1_700_000_000_000;

/** A process that was, and is no more. */
const deadPid = (): number => spawnSync(process.execPath, ["--version"]).pid;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const journalOf = (pid?: number): Journal => new Journal({ XDG_STATE_HOME: home }, pid);
const folder = (): string => join(home, "pulumi-influx-token");
const onlyFile = (): string => join(folder(), readdirSync(folder())[0] ?? "");

/** A run that was killed after the token of `a` was made, that of `b` was asked for, and that of `c` was refused. */
function killedRun(pid = deadPid(), key = KEY, nonce = "n0"): void {
  const entry = journalOf(pid).begin(key, nonce, NOW);
  for (const member of ["a", "b", "c d"]) entry.asked(member, `of ${member}`);
  entry.made("a", ID);
  entry.failed("c d");
}

const asked = (members: readonly string[]): Map<string, string> =>
  new Map(members.map((member) => [member, descriptionDigest(`of ${member}`)]));

describe("a journal", () => {
  it("tells the next run what a killed one made, and what it asked for", () => {
    const before = Date.now();
    killedRun();
    const found = journalOf().interrupted(KEY);
    expect(found).toEqual({
      nonce: "n0",
      since: NOW,
      until: expect.any(Number) as number,
      made: new Map([[ID, "a"]]),
      unanswered: new Map([["b", descriptionDigest("of b")]]),
      isAnswered: false,
      isOver: true,
    });
    expect(found?.until).toBeGreaterThan(before - 2_000);
  });

  it("tells what is in no state: of a run that is over and began with this very one", () => {
    const found = { nonce: "n0", since: 0, until: 1, made: new Map(), unanswered: new Map() };
    const says = (more: object, nonce = "n0"): boolean =>
      isUnrecorded({ ...found, isOver: true, isAnswered: false, ...more }, nonce);
    expect([says({}), says({ isAnswered: true }), says({ nonce: "" }, "")]).toEqual([true, true, true]);
    expect([says({ isOver: false }), says({}, "n1"), says({}, ""), says({ nonce: "" })]).toEqual(
      Array(4).fill(false),
    );
  });

  it("keeps names with blanks whole", () => {
    const entry = journalOf(deadPid()).begin(KEY, "", NOW);
    entry.asked("+ - ? x", "x");
    entry.asked("a b", "x");
    entry.made("a b", ID);
    const { made, unanswered } = journalOf().interrupted(KEY) ?? {};
    expect([made, unanswered]).toEqual([
      new Map([[ID, "a b"]]),
      new Map([["+ - ? x", descriptionDigest("x")]]),
    ]);
  });

  it("is of one shard on one server", () => {
    killedRun();
    expect(journalOf().interrupted({ ...KEY, host: "http://localhost:8087" })).toBeUndefined();
    expect(journalOf().interrupted({ ...KEY, shard: "acme/prod/sensors/06" })).toBeUndefined();
    expect(journalOf().interrupted({ ...KEY, shard: "acme/dev/sensors/05" })).toBeUndefined();
  });

  it("is kept until the engine has recorded what it was told: until the run ends, or for a while", () => {
    jest.useFakeTimers();
    try {
      const journal = journalOf(deadPid());
      journal.begin(KEY, "n0", NOW).end();
      expect(journalOf().interrupted(KEY)).toMatchObject({ isAnswered: true });
      journal.close();
      expect(readdirSync(folder())).toEqual([]);
      journal.begin(KEY, "n0", NOW).end();
      jest.advanceTimersByTime(4_999);
      expect(journalOf().interrupted(KEY)).toMatchObject({ isAnswered: true });
      jest.advanceTimersByTime(1);
      expect(readdirSync(folder())).toEqual([]);
      // What is under way stays.
      journal.begin(KEY, "n0", NOW);
      journal.close();
      expect(journalOf().interrupted(KEY)).toMatchObject({ isAnswered: false });
    } finally {
      jest.useRealTimers();
    }
  });

  it("is of one stack: one of the same name with another backend has one of its own", () => {
    killedRun();
    const elsewhere = { XDG_STATE_HOME: home, PULUMI_BACKEND_URL: "file:///elsewhere" };
    expect(new Journal(elsewhere).interrupted(KEY)).toBeUndefined();
    const login = mkdtempSync(join(tmpdir(), "pulumi-home-"));
    try {
      writeFileSync(join(login, "credentials.json"), JSON.stringify({ current: "s3://states" }, null, 2));
      expect(new Journal({ XDG_STATE_HOME: home, PULUMI_HOME: login }).interrupted(KEY)).toBeUndefined();
    } finally {
      rmSync(login, { recursive: true });
    }
    expect(journalOf().interrupted(KEY)).toBeDefined();
  });

  it("takes away its own file only", () => {
    const journal = journalOf(deadPid());
    journal.begin(KEY, "n0", NOW).end();
    killedRun(deadPid(), KEY, "n1");
    journal.close();
    expect(journalOf().interrupted(KEY)).toMatchObject({ nonce: "n1", isAnswered: false });
  });

  it("is forgotten on request, also where there is none", () => {
    killedRun();
    journalOf().forget(KEY);
    journalOf().forget(KEY);
    expect(journalOf().interrupted(KEY)).toBeUndefined();
  });

  it("is not over while the process that writes it runs, be it this one or another", async () => {
    killedRun(process.pid);
    expect(journalOf().interrupted(KEY)?.isOver).toBe(false);
    const other = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"]);
    try {
      killedRun(other.pid);
      expect(journalOf().interrupted(KEY)?.isOver).toBe(false);
    } finally {
      other.kill("SIGKILL");
    }
    await new Promise((resolve) => other.once("exit", resolve));
    expect(journalOf().interrupted(KEY)?.isOver).toBe(true);
  });

  it("is not over where another machine wrote it", () => {
    killedRun();
    const [head = "", ...lines] = readFileSync(onlyFile(), "utf8").split("\n");
    const foreign = JSON.stringify({ ...(JSON.parse(head) as object), machine: "elsewhere" });
    writeFileSync(onlyFile(), [foreign, ...lines].join("\n"));
    expect(journalOf().interrupted(KEY)?.isOver).toBe(false);
  });

  it("of two runs at once is never one file with the words of both", () => {
    const first = journalOf(deadPid()).begin(KEY, "n0", NOW);
    first.asked("a long name, behind which the second one has written nothing yet", "x");
    const second = journalOf(deadPid()).begin(KEY, "n1", NOW);
    second.asked("b", "x");
    first.made("a", ID);
    first.made("c", "1123456789abcdef");
    second.made("b", "2123456789abcdef");
    const { nonce, made, unanswered } = journalOf().interrupted(KEY) ?? {};
    expect([nonce, made, unanswered]).toEqual(["n1", new Map([["2123456789abcdef", "b"]]), new Map()]);
  });

  it("that was cut off says as much as is whole", () => {
    killedRun();
    const whole = readFileSync(onlyFile(), "utf8");
    // In the middle of the id: no token has such a one.
    writeFileSync(onlyFile(), whole.slice(0, whole.indexOf("89abcdef")));
    expect(journalOf().interrupted(KEY)).toMatchObject({
      made: new Map(),
      unanswered: asked(["a", "b", "c d"]),
    });
    // Before the request leaves: so it has not left.
    writeFileSync(onlyFile(), whole.slice(0, whole.indexOf(" d\n")));
    expect(journalOf().interrupted(KEY)).toMatchObject({ made: new Map(), unanswered: asked(["a", "b"]) });
    for (const length of [0, 1, 20]) {
      writeFileSync(onlyFile(), whole.slice(0, length));
      expect(journalOf().interrupted(KEY)).toBeUndefined();
    }
  });

  it.each(["null", "[]", "{}", '"x"', '{"nonce":1,"since":"x"}', "\u0000\u0000"])(
    "that is %j says nothing",
    (text) => {
      killedRun();
      writeFileSync(onlyFile(), `${text}\n? a\n`);
      expect(journalOf().interrupted(KEY)).toBeUndefined();
    },
  );

  it("holds no secret and is nobody else's to read", () => {
    killedRun();
    expect(statSync(folder()).mode & 0o077).toBe(0);
    expect(statSync(onlyFile()).mode & 0o077).toBe(0);
  });

  it("lists new shards of the same fleet on the same server", () => {
    killedRun();
    killedRun(deadPid(), { ...KEY, shard: "acme/prod/sensors/63" }, "");
    killedRun(deadPid(), { ...KEY, shard: "acme/prod/sensors-2/01" });
    killedRun(deadPid(), { ...KEY, host: "http://localhost:8087" });
    const found = journalOf().interruptedOfFleet(KEY.host, "acme/prod/sensors");
    expect(new Map(found.map(({ key, interrupted }) => [key.shard, [key.host, interrupted.nonce]]))).toEqual(
      new Map([
        [KEY.shard, [KEY.host, "n0"]],
        ["acme/prod/sensors/63", [KEY.host, ""]],
      ]),
    );
  });

  it("is not needed: where it cannot be written, nothing is certain and nothing fails", () => {
    writeFileSync(folder(), "a file in place of the folder");
    killedRun();
    expect(journalOf().interrupted(KEY)).toBeUndefined();
    expect(journalOf().interruptedOfFleet(KEY.host, "acme/prod/sensors")).toEqual([]);
    journalOf().begin(KEY, "", NOW).end();
    expect(() => {
      journalOf().forget(KEY);
    }).not.toThrow();
  });

  it("that cannot be taken away ends no process", () => {
    const journal = journalOf(deadPid());
    const entry = journal.begin(KEY, "n0", NOW);
    rmSync(folder(), { recursive: true });
    writeFileSync(folder(), "a file in place of the folder");
    entry.end();
    journal.close();
    expect(journalOf().interrupted(KEY)).toBeUndefined();
  });

  it("that can no longer be written says nothing at all, for it could not say that the engine was told", () => {
    const entry = journalOf(deadPid()).begin(KEY, "", NOW);
    entry.asked("a", "x");
    entry.made("a", ID);
    const full = jest.spyOn(jest.requireActual<typeof fs>("node:fs"), "writeSync").mockImplementation(() => {
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    });
    try {
      entry.asked("b", "x");
    } finally {
      full.mockRestore();
    }
    entry.end();
    expect(journalOf().interrupted(KEY)).toBeUndefined();
  });

  it("goes on where it was taken away in the middle", () => {
    const entry = journalOf(deadPid()).begin(KEY, "n0", NOW);
    rmSync(folder(), { recursive: true });
    entry.asked("a", "x");
    entry.made("a", ID);
    entry.end();
    expect(journalOf().interrupted(KEY)).toBeUndefined();
  });

  it("is in the home folder where XDG_STATE_HOME does not say better", () => {
    const relative = new Journal({ XDG_STATE_HOME: "relative" }) as unknown as { folder: string };
    const unset = new Journal({}) as unknown as { folder: string };
    expect([relative.folder, unset.folder]).toEqual(
      Array(2).fill(join(homedir(), ".local", "state", "pulumi-influx-token")),
    );
    expect(existsSync("relative")).toBe(false);
  });
});
