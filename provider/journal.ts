import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { homedir, hostname } from "node:os";
import { isAbsolute, join } from "node:path";
import { descriptionDigest, fleetOfShard } from "./fleet/memberNames";

/** Which shard on which server: a journal is of one of them. */
export interface JournalKey {
  readonly host: string;
  /** `<project>/<stack>/<fleet>/<two digits>`. */
  readonly shard: string;
}

/** What a run was about to do when it ended without a word: killed, or with its machine. */
export interface Interrupted {
  /** Of the state that it began with; empty for a new shard. */
  readonly nonce: string;
  /** When it began and when it wrote the last time, by this machine's clock: milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
  /** Members by the id of the token that it made. */
  readonly made: ReadonlyMap<string, string>;
  /** Members whose token it asked for, without an answer, and the digest of its description. */
  readonly unanswered: ReadonlyMap<string, string>;
  /** Whether it was about to tell the engine: then the engine may have recorded what was made. */
  readonly isAnswered: boolean;
  /** Whether that run is certain to be over: its process was one of this machine, and is gone. */
  readonly isOver: boolean;
}

/** What a run writes down of a shard while it makes tokens. */
export interface JournalEntry {
  /** Before a request leaves. */
  asked(member: string, description: string): void;
  made(member: string, id: string): void;
  /** It is certain that none was made. */
  failed(member: string): void;
  /** The engine is told what there is to record. */
  end(): void;
}

/** In which an engine writes its state after an answer, however large it is: milliseconds. */
const RECORDED_MS = 5_000;

interface Environment {
  readonly XDG_STATE_HOME?: string | undefined;
  readonly PULUMI_HOME?: string | undefined;
  readonly PULUMI_BACKEND_URL?: string | undefined;
}

/**
 * Which tokens a run makes, kept on this machine until the engine has them. A run that is killed in between leaves tokens
 * that no state knows. Their description tells whose they are by name, but a copy of the stack has the same names: only
 * who made them can say for certain that nobody has them. It holds ids and names, no secrets. Where the folder cannot be
 * written, or another machine goes on, nothing is certain, and what is found is named and not deleted.
 */
export class Journal {
  private readonly folder: string;
  private readonly place: string;
  /** Takes away the files of which the engine was told, and may not have written its state yet. */
  private readonly answered = new Set<() => void>();

  constructor(
    env: Environment,
    private readonly pid: number = process.pid,
  ) {
    const { XDG_STATE_HOME: base = "" } = env;
    this.place = placeOf(env);
    this.folder = join(isAbsolute(base) ? base : join(homedir(), ".local", "state"), "pulumi-influx-token");
  }

  /** What an earlier run left of a shard. */
  interrupted(key: JournalKey): Interrupted | undefined {
    return this.read(this.fileOf(key));
  }

  /** What earlier runs left of new shards of the same fleet, which no state may know. */
  interruptedOfFleet(host: string, fleet: string): { key: JournalKey; interrupted: Interrupted }[] {
    const prefix = `${this.hashOf(host, fleet)}-`;
    return this.files().flatMap((name) => {
      if (!name.startsWith(prefix)) return [];
      const interrupted = this.read(join(this.folder, name));
      return interrupted === undefined
        ? []
        : [{ key: { host, shard: `${fleet}/${name.slice(prefix.length)}` }, interrupted }];
    });
  }

  /** Begins to write. What an earlier run left is forgotten. */
  begin(key: JournalKey, nonce: string, now: number): JournalEntry {
    const file = this.fileOf(key);
    let descriptor: number | undefined;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      // A file of its own, also where another run still writes to one of that name: two runs' words must not mix.
      rmSync(file, { force: true });
      descriptor = openSync(file, "wx", 0o600);
    } catch {
      return NOWHERE;
    }
    let isWhole = true;
    const write = (line: string): void => {
      if (descriptor === undefined || !isWhole) return;
      try {
        writeSync(descriptor, `${line}\n`);
      } catch {
        // A full disk takes away the certainty, and no token: without its end it would say that nobody was told.
        isWhole = false;
        empty(descriptor);
      }
    };
    write(JSON.stringify({ nonce, since: now, pid: this.pid, machine: hostname() }));
    return {
      asked: (member, description) => {
        write(`? ${descriptionDigest(description)} ${member}`);
      },
      made: (member, id) => {
        write(`+ ${id} ${member}`);
      },
      failed: (member) => {
        write(`- ${member}`);
      },
      end: () => {
        write("=");
        const close = (): void => {
          this.answered.delete(close);
          if (descriptor === undefined) return;
          // Another run may have begun since, with a file of its own.
          if (isSameFile(descriptor, file)) remove(file);
          closeSync(descriptor);
          descriptor = undefined;
        };
        this.answered.add(close);
        setTimeout(close, RECORDED_MS).unref();
      },
    };
  }

  /** The run has ended as it should: the engine has recorded whatever it was told. */
  close(): void {
    for (const close of this.answered) close();
  }

  /** Nothing is left to be found. */
  forget(key: JournalKey): void {
    remove(this.fileOf(key));
  }

  private fileOf({ host, shard }: JournalKey): string {
    const fleet = fleetOfShard(shard);
    return join(this.folder, `${this.hashOf(host, fleet)}-${shard.slice(fleet.length + 1)}`);
  }

  /** A stack of the same name elsewhere is another one, with files of its own. */
  private hashOf(host: string, fleet: string): string {
    const text = [host, fleet, this.place].join("\n");
    return createHash("sha256").update(text).digest("hex").slice(0, 24);
  }

  private files(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }

  private read(file: string): Interrupted | undefined {
    if (!existsSync(file)) return undefined;
    try {
      const [head = "", ...lines] = readFileSync(file, "utf8").split("\n");
      const { nonce, since, pid, machine } = JSON.parse(head) as Record<string, unknown>;
      if (typeof nonce !== "string" || typeof since !== "number") return undefined;
      const made = new Map<string, string>();
      const unanswered = new Map<string, string>();
      let isAnswered = false;
      // What is behind the last line break was cut off: an id that is not whole is nobody's.
      for (const line of lines.slice(0, -1)) {
        const [kind, what = ""] = line.split(" ", 2);
        const member = kind === "-" ? line.slice(2) : line.slice(3 + what.length);
        if (kind === "=") isAnswered = true;
        else if (kind === "?") unanswered.set(member, what);
        else unanswered.delete(member);
        if (kind === "+") made.set(what, member);
      }
      const isOver = machine === hostname() && typeof pid === "number" && pid !== this.pid && !isRunning(pid);
      return { nonce, since, until: statSync(file).mtimeMs, made, unanswered, isAnswered, isOver };
    } catch {
      // Cut off in its first line, before anything was asked for.
      return undefined;
    }
  }
}

/**
 * Whether what a run made is in no state: it is over, and the state is the very one that it began with.
 *
 * @param nonce of the state; empty where there is none.
 */
export function isUnrecorded(interrupted: Interrupted, nonce: string): boolean {
  return interrupted.isOver && interrupted.nonce === nonce;
}

function empty(descriptor: number): void {
  try {
    ftruncateSync(descriptor);
  } catch {
    // Then the disk is gone, and what is on it with it.
  }
}

function isSameFile(descriptor: number, file: string): boolean {
  try {
    return fstatSync(descriptor).ino === statSync(file).ino;
  } catch {
    return false;
  }
}

/** One that stays says too much at most: it is of a state that has passed. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A folder that may no longer be written must not end the process.
  }
}

const NOWHERE: JournalEntry = {
  asked: () => undefined,
  made: () => undefined,
  failed: () => undefined,
  end: () => undefined,
};

/** The program's folder and the backend of its states, which tell one stack from another of its name. */
function placeOf({ PULUMI_BACKEND_URL: backend = "", PULUMI_HOME: home }: Environment): string {
  let current = "";
  try {
    current = readFileSync(join(home ?? join(homedir(), ".pulumi"), "credentials.json"), "utf8");
  } catch {
    // Whoever gives the backend by the environment need not have logged in.
  }
  const login = /"current"\s*:\s*"([^"]*)"/.exec(current)?.[1] ?? "";
  return [process.cwd(), backend, login].join("\n");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is one, too.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
