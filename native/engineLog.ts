import { AsyncLocalStorage } from "node:async_hooks";
import { credentials, Metadata } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Log } from "../provider/runtime";
import { withoutSecrets } from "./failure";
import type { Properties } from "./wire";

/** How long a step's answer waits for what was written meanwhile. */
const MAX_WAIT_MS = 1_000;

/** What one call of the engine has written. */
interface Call {
  /** Of the resource that it is about. Absent: of none. */
  readonly urn?: string | undefined;
  /** Gives its properties, with marks: no line holds what is secret in them. */
  readonly properties: () => readonly Properties[];
  readonly written: Promise<void>[];
}

/**
 * Writes by way of the engine, which shows a line beside its resource: what a plugin writes to its own outputs nobody sees.
 * Without an engine it writes nothing.
 */
export class EngineLog implements Log {
  private client: EngineClient | undefined;
  private readonly calls = new AsyncLocalStorage<Call>();

  /** @param address where the engine listens, such as `127.0.0.1:4711`. */
  connect(address: string): void {
    this.client?.close();
    this.client = new EngineClient(address, credentials.createInsecure());
  }

  /** Serves one call: what is written meanwhile is about its resource, and has arrived when it ends. */
  async during<T>(
    urn: string | undefined,
    serve: () => Promise<T>,
    properties: () => readonly Properties[] = () => [],
  ): Promise<T> {
    const call: Call = { urn, properties, written: [] };
    try {
      return await this.calls.run(call, serve);
    } finally {
      await Promise.all(call.written);
    }
  }

  readonly warn = (message: string): void => {
    this.write(LogSeverity.WARNING, message);
  };

  readonly debug = (message: string): void => {
    this.write(LogSeverity.INFO, message);
  };

  private write(severity: LogSeverity, message: string): void {
    const { client } = this;
    if (client === undefined) return;
    const call = this.calls.getStore();
    const request = new LogRequest()
      .setSeverity(severity)
      .setMessage(withoutSecrets(message, call?.properties() ?? []));
    if (call?.urn !== undefined) request.setUrn(call.urn);
    // An engine that is gone has nobody to show it to.
    const written = new Promise<void>((resolve) => {
      client.log(request, new Metadata(), { deadline: Date.now() + MAX_WAIT_MS }, () => {
        resolve();
      });
    });
    call?.written.push(written);
  }
}
