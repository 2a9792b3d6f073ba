/**
 * What the provider processes of one run tell each other of the tokens that they have records of.
 *
 * Leans on: the engine starts a process for each provider, and the dynamic host besides, with its own address as the last
 * argument, the same for all of them while it runs. So a record that one of them adopts and one that another deletes can
 * be of one token. Each process appends to a file of its own, in a folder that nobody else can write.
 * When it changes: processes hear nothing of each other. A token that one provider adopts is deleted with the record that
 * another one had. Loud in our tests, for it guards tokens. Where the folder cannot be written, it is so, too.
 * Seen by: test/unit/pulumiHost/runRecords, test/e2e/twoProcesses.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enginePort } from "./gracefulExit";

/** When a file is of no run any more: milliseconds. */
const OLD_MS = 86_400_000;

/** A record of a token. */
export interface TokenRecord {
  /** When it was adopted: RFC 3339. Empty where the stack made it. */
  readonly at: string;
  /** Whether another token takes its place. */
  readonly isReplaced: boolean;
  /** Whether it has the token's value. */
  readonly hasValue: boolean;
  /** Whether the program has yet to adopt it. */
  readonly isWanted?: boolean;
}

/** Tells other processes of the run of records, and what they have told. */
export interface RunRecords {
  tell(token: string, record: TokenRecord): void;
  /** The latest of each record. */
  of(token: string): TokenRecord[];
}

/** Without an engine of one's own there is no other process. */
const ALONE: RunRecords = { tell: () => undefined, of: () => [] };

/** What a process takes part with: tests give their own. */
export interface Participant {
  readonly argv: readonly string[];
  readonly pid: number;
}

/**
 * @param warn told once, where a token is to be adopted and no other process can hear of it.
 * @param folder where the files are. It holds no values: of tokens it has a hash of server and id.
 */
export function runRecords(
  { argv, pid }: Participant,
  warn: (message: string) => void,
  folder = join(tmpdir(), `influx-token-${process.getuid?.() ?? "run"}`),
): RunRecords {
  const port = enginePort(argv);
  return port === undefined ? ALONE : new SharedRecords(`${port}.${pidNamespace()}`, pid, warn, folder);
}

class SharedRecords implements RunRecords {
  /** `undefined` before it is needed, `null` where it cannot be had. */
  private file: number | null | undefined;
  private readonly read = new Map<string, Told>();
  private hasWarned = false;

  /** @param run tells the engine's processes from all others: its port, and where their ids count. */
  constructor(
    private readonly run: string,
    private readonly pid: number,
    private readonly warn: (message: string) => void,
    private readonly folder: string,
  ) {}

  tell(token: string, record: TokenRecord): void {
    this.file ??= this.open();
    if (this.file === null) {
      if (record.isWanted === true) this.warnOnce();
      return;
    }
    try {
      writeSync(this.file, `${JSON.stringify({ token: hashOf(token), ...record })}\n`);
    } catch {
      // A full disk is no reason to do nothing: within this process all is known.
    }
  }

  of(token: string): TokenRecord[] {
    const hash = hashOf(token);
    try {
      if (!isPrivate(this.folder)) return [];
      return readdirSync(this.folder).flatMap((name) => {
        const pid = this.pidIn(name);
        if (pid === undefined || pid === this.pid || !name.startsWith(`${this.run}.`) || !isRunning(pid))
          return [];
        const file = this.read.get(name) ?? new Told(join(this.folder, name));
        this.read.set(name, file);
        return file.of(hash);
      });
    } catch {
      return [];
    }
  }

  private open(): number | null {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      if (!isPrivate(this.folder)) chmodSync(this.folder, 0o700);
      if (!isPrivate(this.folder)) return null;
      this.sweep();
      const path = join(this.folder, `${this.run}.${this.pid}`);
      process.once("exit", () => {
        rmSync(path, { force: true });
      });
      return openSync(path, "w", 0o600);
    } catch {
      return null;
    }
  }

  /** Removes the files of processes that were killed: those leave them behind. Of another container nobody here knows. */
  private sweep(): void {
    for (const name of readdirSync(this.folder)) {
      const path = join(this.folder, name);
      const pid = this.pidIn(name);
      const isGone = pid !== undefined && (pid === this.pid || !isRunning(pid));
      if (isGone || Date.now() - statSync(path).mtimeMs > OLD_MS) rmSync(path, { force: true });
    }
  }

  /** The process of a file, where its id counts here. */
  private pidIn(name: string): number | undefined {
    const [, namespace, pid] = name.split(".");
    return namespace === this.run.split(".")[1] ? Number(pid) : undefined;
  }

  private warnOnce(): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.warn(
      `${this.folder} cannot be used, so the providers of this run do not hear which tokens the others adopt: adopt no token in the run that removes it from another provider`,
    );
  }
}

/** What one other process has told: read as far as it has written, each line once. */
class Told {
  private offset = 0;
  private rest = "";
  private readonly records = new Map<string, Map<string, TokenRecord>>();

  constructor(private readonly path: string) {}

  of(hash: string): TokenRecord[] {
    const { size } = statSync(this.path);
    if (size > this.offset) this.readOn(size);
    return [...(this.records.get(hash)?.values() ?? [])];
  }

  private readOn(size: number): void {
    const added = Buffer.alloc(size - this.offset);
    const file = openSync(this.path, "r");
    try {
      this.offset += readSync(file, added, 0, added.length, this.offset);
    } finally {
      closeSync(file);
    }
    const lines = (this.rest + added.toString("utf8")).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const { token, ...record } = JSON.parse(line) as TokenRecord & { readonly token: string };
      const known = this.records.get(token) ?? new Map<string, TokenRecord>();
      this.records.set(token, known.set(record.at, record));
    }
  }
}

/** Whether nobody else can write there: else anybody could keep tokens from their deletion. */
function isPrivate(folder: string): boolean {
  // Most runs have none, and each deletion asks.
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  const isOwn = process.getuid === undefined || stats.uid === process.getuid();
  const isClosed = process.platform === "win32" || (stats.mode & 0o077) === 0;
  return stats.isDirectory() && isOwn && isClosed;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Containers can have one folder for temporary files, and each its own ids of processes. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex").slice(0, 32);
}
