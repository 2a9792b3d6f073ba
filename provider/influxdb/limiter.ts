/** How many requests are under way at a host, and who waits for one of them to end. */
interface Line {
  active: number;
  readonly waiting: (() => void)[];
}

const lines = new Map<string, Line>();

/** Runs a task as soon as fewer than `limit` are under way at the host, in the order of the calls. */
export async function limited<T>(host: string, limit: number, task: () => Promise<T>): Promise<T> {
  let line = lines.get(host);
  if (line === undefined) {
    line = { active: 0, waiting: [] };
    lines.set(host, line);
  }
  const { waiting } = line;
  if (line.active >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
  else line.active += 1;
  try {
    return await task();
  } finally {
    // Whoever waits takes over this place; else it is given up.
    const next = waiting.shift();
    if (next === undefined) line.active -= 1;
    else next();
  }
}
