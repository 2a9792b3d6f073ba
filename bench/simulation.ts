import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Simulation } from "./result";
import { startServer, type BenchServer } from "./server";
import type { PhaseReport } from "./simulationProcess";

/** Drives the provider's functions for n tokens in a process of its own, against an emulator of its own. */
export async function simulate(
  n: number,
  opened: (server: BenchServer) => void,
  progress: (line: string) => void,
): Promise<Simulation> {
  const server = await startServer();
  opened(server);
  const child = fork(join(__dirname, "simulationProcess.js"), [String(n), server.bucketId], {
    env: { ...process.env, INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken },
  });
  try {
    const phases: Record<string, Simulation["phases"][string]> = {};
    let peakMemoryMiB = 0;
    let maxConnections = 0;
    await server.takeTraffic();
    const exited = once(child, "exit").then(([code]) => {
      if (code !== 0) throw new Error(`the simulation ended with exit code ${String(code)}`);
      return undefined;
    });
    for (;;) {
      const message = await Promise.race([once(child, "message"), exited]);
      if (message === undefined) break;
      const { phase, seconds, peakMiB } = (message as [PhaseReport])[0];
      const { requests, bytesReceived, bytesSent, ...traffic } = await server.takeTraffic();
      phases[phase] = { seconds, requests, bytesOnTheWire: bytesReceived + bytesSent };
      peakMemoryMiB = Math.max(peakMemoryMiB, peakMiB);
      maxConnections = Math.max(maxConnections, traffic.maxConnections);
      progress(`  ${n} tokens: ${phase} ${seconds.toFixed(2)} s`);
      child.send("next");
    }
    return { n, peakMemoryMiB, maxConnections, phases };
  } finally {
    child.kill();
    await server.close();
  }
}
