import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Records } from "../../../provider/adoption";
import { type RunRecords, runRecords } from "../../../provider/pulumiHost/runRecords";
import type { InfluxTokenState } from "../../../provider/token/state";

const ID = "00000000000000ab";
const HOST = "http://influx:8086";

/** Two processes that run: the one of this test, and the one that started it. */
const [OWN, OTHER] = [process.pid, process.ppid];

let home: string;
let folder: string;
let warnings: string[];
const warn = (message: string): void => void warnings.push(message);
beforeEach(() => {
  warnings = [];
  home = mkdtempSync(join(tmpdir(), "run-records-"));
  folder = join(home, "shared");
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function processOf(pid: number, port = 4711): RunRecords {
  return runRecords({ argv: ["node", "plugin", "-v=9", `127.0.0.1:${port}`], pid }, warn, folder);
}

function stateOf(at?: string, token: string | undefined = "s3cret"): InfluxTokenState {
  return {
    host: HOST,
    ...(token !== "" && { token }),
    ...(at !== undefined && { __adoptedAt: at }),
  } as unknown as InfluxTokenState;
}

describe("processes of one run", () => {
  it("hear of each other's records, and of no value", () => {
    const [one, two] = [processOf(OWN), processOf(OTHER)];
    one.tell("a", { at: "", isReplaced: false, hasValue: true });
    one.tell("a", { at: "", isReplaced: true, hasValue: true });
    one.tell("b", { at: "x", isReplaced: false, hasValue: false });
    expect(two.of("a")).toEqual([{ at: "", isReplaced: true, hasValue: true }]);
    expect(one.of("a")).toEqual([]);
    one.tell("a", { at: "later", isReplaced: false, hasValue: true });
    expect(two.of("a")).toHaveLength(2);
  });

  it("hear nothing of another run, nor of a process that is gone, whose file goes, too", () => {
    processOf(OTHER).tell("a", { at: "", isReplaced: false, hasValue: true });
    expect(processOf(OWN, 4712).of("a")).toEqual([]);
    const [name = ""] = readdirSync(folder);
    const gone = join(folder, name.replace(String(OTHER), "4194305"));
    // Of a container whose processes nobody here knows.
    const foreign = join(folder, "4711.1.4194305");
    writeFileSync(foreign, "");
    writeFileSync(gone, readFileSync(join(folder, name)));
    rmSync(join(folder, name));
    expect(processOf(OWN).of("a")).toEqual([]);
    processOf(OWN).tell("b", { at: "", isReplaced: false, hasValue: true });
    expect(existsSync(gone)).toBe(false);
    expect(existsSync(foreign)).toBe(true);
  });

  it("close a folder of their own that is open to others", () => {
    mkdirSync(folder, { mode: 0o755 });
    processOf(OTHER).tell("a", { at: "", isReplaced: false, hasValue: true });
    expect(processOf(OWN).of("a")).toHaveLength(1);
    chmodSync(folder, 0o777);
    expect(processOf(OWN).of("a")).toEqual([]);
  });

  it("go on without a folder, and say so where a token is to be adopted", () => {
    writeFileSync(folder, "no folder");
    const one = processOf(OWN);
    one.tell("a", { at: "", isReplaced: false, hasValue: true });
    expect(warnings).toEqual([]);
    for (const token of ["a", "b"])
      one.tell(token, { at: "x", isReplaced: false, hasValue: false, isWanted: true });
    expect(warnings).toEqual([expect.stringMatching(/shared cannot be used, .*adopt no token/)]);
    expect(one.of("a")).toEqual([]);
  });

  it("are none where no engine started this one", () => {
    const alone = runRecords({ argv: ["node", "jest"], pid: OWN }, warn, folder);
    alone.tell("a", { at: "", isReplaced: false, hasValue: true });
    expect(existsSync(folder)).toBe(false);
    expect(alone.of("a")).toEqual([]);
  });
});

describe("records of two processes", () => {
  let old: Records;
  let other: Records;
  beforeEach(() => {
    old = new Records(processOf(OWN));
    other = new Records(processOf(OTHER));
  });

  it("keep a token that one adopts from the deletion by the other", async () => {
    other.want(ID, HOST);
    expect(() => old.hasAnother(ID, stateOf(), HOST)).toThrow(/adopt/);
    await other.adopt(ID, HOST, () => Promise.resolve(stateOf("2026-01-01")));
    expect(old.hasAnother(ID, stateOf(), HOST)).toBe(true);
    expect(old.hasAnother("00000000000000ac", stateOf(), HOST)).toBe(false);
  });

  it("keep the only record of a value", async () => {
    await other.adopt(ID, HOST, () => Promise.resolve(stateOf("2026-01-01", "")));
    expect(() => old.hasAnother(ID, stateOf(), HOST)).toThrow(/value/);
    other.learn(ID, stateOf("2026-01-01"));
    expect(old.hasAnother(ID, stateOf(), HOST)).toBe(true);
  });

  it("adopt no token that another one has, or is to have", async () => {
    old.declare(ID, stateOf(), HOST, false);
    expect(other.want(ID, HOST)).toBe(true);
    await expect(other.adopt(ID, HOST, () => Promise.resolve(stateOf("x")))).rejects.toThrow(/adopt/);
    expect(() => {
      old.declare(ID, stateOf(), HOST, false);
    }).toThrow(/adopt/);
  });

  it("let a token go whose record is replaced everywhere", () => {
    other.declare(ID, stateOf("2026-01-01"), HOST, true);
    expect(old.hasAnother(ID, stateOf(), HOST)).toBe(false);
  });
});
