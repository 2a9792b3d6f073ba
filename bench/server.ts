import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Traffic } from "./probe";

/** An emulator in a process of its own, onboarded. */
export interface BenchServer {
  readonly url: string;
  readonly operatorToken: string;
  readonly orgId: string;
  readonly bucketId: string;
  /** What it was asked since the last call. */
  takeTraffic(): Promise<Traffic>;
  /** Sends a request as the operator. Rejects for any answer but success. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Ends the process; may be called twice. */
  close(): Promise<void>;
}

/** Starts `npm run emulator`'s program beside this one, with a counter that is loaded before it. */
export async function startServer(): Promise<BenchServer> {
  const child = fork(join(__dirname, "..", "emulator", "main.js"), ["--port", "0"], {
    execArgv: ["--require", join(__dirname, "probe.js")],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  try {
    const url = await firstLine(child);
    const onboarding = { username: "admin", password: "only for this run", org: "acme", bucket: "metrics" };
    const made = await call<{ auth: { token: string }; org: { id: string }; bucket: { id: string } }>(
      url,
      "",
      { method: "POST", path: "/api/v2/setup", body: onboarding },
    );
    const operatorToken = made.auth.token;
    return {
      url,
      operatorToken,
      orgId: made.org.id,
      bucketId: made.bucket.id,
      takeTraffic: async () => {
        const answer = once(child, "message");
        child.send("take");
        return ((await answer) as [Traffic])[0];
      },
      call: (method, path, body) => call(url, operatorToken, { method, path, body }),
      close: () => end(child),
    };
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the emulator has no standard output");
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit").then(() => {
    throw new Error("the emulator ended before it printed its address");
  });
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  // From now on its end is nobody's surprise.
  ended.catch(() => undefined);
  return line;
}

async function call<T>(
  url: string,
  token: string,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<T> {
  const response = await fetch(url + path, {
    method,
    // A connection that stayed open would be counted as one of the provider's.
    headers: { Connection: "close", ...(token !== "" && { Authorization: `Token ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new Error(`the emulator answered ${method} ${path} with ${response.status}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
