import { readdirSync, readFileSync } from "node:fs";

/** Between two looks at the processes: a peak is remembered by the system, so only the last moment can be missed. */
const SAMPLE_MS = 250;

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A process may end at any moment, and only Linux has /proc.
    return "";
  }
}

/** Ids of all processes below this one, whoever started them. Empty where the system has no /proc. */
export function descendants(root = process.pid): number[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  const children = new Map<number, number[]>();
  for (const id of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    // The name of the program, in parentheses, may hold anything; after it come the state and the parent's id.
    const parent = Number(/^.*\) \S (\d+)/s.exec(read(`/proc/${id}/stat`))?.[1] ?? NaN);
    children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  const below = (id: number): number[] =>
    (children.get(id) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

/** Whether a process is the one that hosts the dynamic provider, or is the plugin, by its arguments. */
export function isProviderProcess(commandLine: string): boolean {
  // The shell script that starts the host asks another node, with -e, where it is.
  const [, script = ""] = commandLine.split("\0");
  return (
    /[\\/](cmd[\\/]dynamic-provider|pulumi-resource-influx-token$)/.test(script) && !script.includes("(")
  );
}

/** The most memory that a process ever had, in MiB, from its status file. */
export function peakMiB(status: string): number | undefined {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** The processor time that a process took so far, in seconds, from its stat file. */
export function processorSeconds(stat: string): number | undefined {
  // After the name in parentheses, user and system time are the 12th and 13th field, in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isNaN(ticks) ? undefined : ticks / 100;
}

/** The processes of a command that grow with the stack. */
export const PROCESS_ROLES = ["engine", "program", "provider"] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** The most memory that each process had, in MiB; absent where none was seen, or the system has no /proc. */
export type PeakMemory = Partial<Readonly<Record<ProcessRole, number>>>;

/** What a process does for a command of the engine, by its arguments. A program is one that Node.js runs. */
export function processRole(commandLine: string): ProcessRole | undefined {
  if (isProviderProcess(commandLine)) return "provider";
  const [program = "", script = ""] = commandLine.split("\0");
  if (/(^|[\\/])pulumi(\.exe)?$/.test(program)) return "engine";
  return /[\\/]cmd[\\/]run([\\/]|$)/.test(script) && !script.includes("(") ? "program" : undefined;
}

/** Runs a command of the engine, and watches meanwhile how much memory its processes take. */
export async function watchMemory<T>(
  run: () => Promise<T>,
): Promise<{ result: T; peakMemoryMiB: PeakMemory }> {
  const peaks = new Map<ProcessRole, number>();
  const timer = setInterval(() => {
    for (const id of descendants()) {
      const role = processRole(read(`/proc/${id}/cmdline`));
      const peak = peakMiB(read(`/proc/${id}/status`));
      if (role !== undefined && peak !== undefined) peaks.set(role, Math.max(peak, peaks.get(role) ?? 0));
    }
  }, SAMPLE_MS);
  try {
    const result = await run();
    return { result, peakMemoryMiB: Object.fromEntries(peaks) };
  } finally {
    clearInterval(timer);
  }
}
