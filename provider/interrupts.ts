import { createConnection } from "node:net";

/** How the engine ends its plugins, and how containers and services end a process: both leave it some seconds. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** For the way of the last answer to the engine. Not more: the engine ends its plugins soon after it, and waits. */
const FAREWELL_MS = 20;

/** The signal to die of as soon as nothing is under way any more. */
let received: NodeJS.Signals | undefined;
let underWay = 0;
let farewell: NodeJS.Timeout | undefined;

function putOff(signal: NodeJS.Signals): void {
  received ??= signal;
}

/**
 * Takes a step that changes the server to its end: a signal that ends the process waits for it, and for its answer to
 * leave. At any other time signals do what they do.
 */
export async function toTheEnd<T>(step: () => Promise<T>): Promise<T> {
  if (farewell !== undefined) clearTimeout(farewell);
  else if (underWay === 0) for (const signal of SIGNALS) process.on(signal, putOff);
  farewell = undefined;
  underWay += 1;
  try {
    return await step();
  } finally {
    underWay -= 1;
    if (underWay === 0) farewell = setTimeout(leave, FAREWELL_MS).unref();
  }
}

function leave(): void {
  farewell = undefined;
  for (const signal of SIGNALS) process.off(signal, putOff);
  // Who was killed ends nobody: without its engine the process would stay for ever, and keep what it knows.
  endWithoutEngine();
}

/** How long a provider without anything to do may outlive its engine: milliseconds. */
const WATCH_MS = 10_000;

let watch: NodeJS.Timeout | undefined;

/**
 * Looks for the engine now and then, and ends the process where it is gone: killed between two steps, it takes nobody
 * along. Does nothing in a process that no engine started.
 */
export function watchEngine(): void {
  if (enginePort() === undefined) return;
  watch ??= setInterval(endWithoutEngine, WATCH_MS).unref();
}

function endWithoutEngine(): void {
  void isAbandoned().then((abandoned) => {
    // Whatever is under way looks for the engine itself when it ends.
    if (abandoned && underWay === 0 && farewell === undefined) process.kill(process.pid, received);
  });
}

/** Whether nobody may be left to record what is made now: the process is told to end, or its engine did. */
export async function isAbandoned(): Promise<boolean> {
  if (received === undefined && (await lookForEngine())) received = "SIGTERM";
  return received !== undefined;
}

/** The next look at the engine, for all who ask before it begins. */
let nextLook: Promise<boolean> | undefined;

/** Steps end in swarms: those that end at once share a look, for each costs the engine a connection. */
function lookForEngine(): Promise<boolean> {
  nextLook ??= new Promise(setImmediate).then(() => {
    nextLook = undefined;
    return engineIsGone();
  });
  return nextLook;
}

/** Pulumi's host is started with the engine's address as its argument, and an engine listens there until it ends. */
function enginePort(): string | undefined {
  return /^127\.0\.0\.1:(\d+)$/.exec(process.argv[2] ?? "")?.[1];
}

function engineIsGone(): Promise<boolean> {
  const port = enginePort();
  if (port === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = createConnection(Number(port), "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    // Only a refusal is a proof: anything else may be this machine's trouble.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      resolve(code === "ECONNREFUSED");
    });
  });
}
