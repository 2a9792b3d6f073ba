import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { serve } from "../../native/server";
import type { ServiceOptions } from "../../native/service";
import { fromStruct, type Properties, toStruct } from "../../native/wire";
import type { HostProcess } from "../../provider/pulumiHost/gracefulExit";
import { NATIVE_TOKEN } from "../../provider/tokenTypes";

/** A process that no engine started and no signal reaches: the plugin runs in that of the tests. */
export const NO_PROCESS: HostProcess = {
  argv: [],
  pid: 0,
  kill: () => true,
  on: () => undefined,
  off: () => undefined,
};

/** A line that the plugin wrote by way of the engine. */
export interface LoggedLine {
  readonly severity: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  readonly urn: string;
  readonly message: string;
}

/** A resource as an engine has it in its state. Properties with marks. */
export interface Held {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** What `diff` answers. */
export interface PlannedChange {
  readonly changes: boolean;
  readonly replaces: string[];
  /** Property to kind, such as `UPDATE_REPLACE`. */
  readonly detailed: Record<string, string>;
}

/** A step that failed after it changed something. */
export class PartialFailure extends Error {
  constructor(
    message: string,
    readonly id: string,
    readonly outputs: Properties,
  ) {
    super(message);
  }
}

export function urnOf(name: string, type: string = NATIVE_TOKEN.type): string {
  return `urn:pulumi:dev::shop::${type}::${name}`;
}

const URN = urnOf("ci");

/** The id of every provider, as an engine gives it. */
export const PROVIDER_ID = "5ed81036-15c5-45d8-a7a6-5f8b87db00f5";

export interface PluginOptions extends Partial<ServiceOptions> {
  /** Of the provider, with marks. */
  readonly config?: Properties;
  /** Its name. Default: that of a default provider. */
  readonly provider?: string;
}

/** The plugin in this process, asked over gRPC as an engine asks it. It sees no environment but what a test gives. */
export class PluginUnderTest {
  private constructor(
    private readonly client: ResourceProviderClient,
    /** Where it listens, on this machine. */
    readonly port: number,
    /** What it wrote. */
    readonly lines: LoggedLine[],
    private readonly end: () => void,
  ) {}

  static async start({
    config = {},
    provider = "default",
    ...options
  }: PluginOptions = {}): Promise<PluginUnderTest> {
    const { port, close } = await serve({
      version: "0.0.0",
      schema: () => "{}",
      env: {},
      process: NO_PROCESS,
      ...options,
    });
    return PluginUnderTest.attach(port, { config, provider, close });
  }

  /** @param port where a plugin listens, whose process may be another one. */
  static async attach(
    port: number,
    {
      config,
      provider = "default",
      close = () => undefined,
    }: { config: Properties; provider?: string; close?: () => void },
  ): Promise<PluginUnderTest> {
    const lines: LoggedLine[] = [];
    const engine = await startEngine(lines);
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const plugin = new PluginUnderTest(client, port, lines, () => {
      client.close();
      close();
      engine.server.forceShutdown();
    });
    const shake = new proto.ProviderHandshakeRequest().setEngineAddress(`127.0.0.1:${engine.port}`);
    await plugin.ask<proto.ProviderHandshakeResponse>("handshake", shake.setConfigureWithUrn(true));
    await plugin.configure(config, provider);
    return plugin;
  }

  close(): void {
    this.end();
  }

  /** Begins a run, as the next command of an engine does. */
  async configure(config: Properties, provider = "default"): Promise<void> {
    const request = new proto.ConfigureRequest()
      .setArgs(toStruct(config))
      .setName(provider)
      .setUrn(urnOf(provider, "pulumi:providers:influx-token"))
      .setId(PROVIDER_ID)
      .setSendsOldInputs(true)
      .setSendsOldInputsToDelete(true);
    await this.ask<proto.ConfigureResponse>("configure", request);
  }

  async checkConfig(
    news: Properties,
  ): Promise<{ inputs: Properties; failures: proto.CheckFailure.AsObject[] }> {
    const request = new proto.CheckRequest().setNews(toStruct(news)).setOlds(toStruct({}));
    return checkedBy(await this.ask<proto.CheckResponse>("checkConfig", request));
  }

  async check(
    news: Properties,
    olds: Properties = {},
    urn = URN,
  ): Promise<{ inputs: Properties; failures: proto.CheckFailure.AsObject[] }> {
    const request = new proto.CheckRequest().setUrn(urn).setOlds(toStruct(olds)).setNews(toStruct(news));
    return checkedBy(await this.ask<proto.CheckResponse>("check", request));
  }

  async diff(held: Held, news: Properties, ignoreChanges: string[] = [], urn = URN): Promise<PlannedChange> {
    const request = new proto.DiffRequest()
      .setUrn(urn)
      .setId(held.id)
      .setOlds(toStruct(held.outputs))
      .setOldInputs(toStruct(held.inputs))
      .setNews(toStruct(news))
      .setIgnorechangesList(ignoreChanges);
    const response = await this.ask<proto.DiffResponse>("diff", request);
    const kinds = Object.entries(proto.PropertyDiff.Kind);
    const detailed: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((diff, path) => {
      detailed[path] = kinds.find(([, value]) => value === diff.getKind())?.[0] ?? "";
    });
    return {
      changes: response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      detailed,
    };
  }

  /** @param preview whether nothing is to be made. */
  async create(inputs: Properties, preview = false, urn = URN): Promise<Held> {
    const request = new proto.CreateRequest().setUrn(urn).setProperties(toStruct(inputs)).setPreview(preview);
    const response = await this.ask<proto.CreateResponse>("create", request);
    return { id: response.getId(), inputs, outputs: fromStruct(response.getProperties()) };
  }

  /** `undefined` where it is gone. Without a state it is an import. */
  async read(id: string, held?: Held, urn = URN): Promise<Held | undefined> {
    const request = new proto.ReadRequest().setUrn(urn).setId(id);
    if (held !== undefined) request.setProperties(toStruct(held.outputs)).setInputs(toStruct(held.inputs));
    const response = await this.ask<proto.ReadResponse>("read", request);
    if (response.getId() === "") return undefined;
    return {
      id: response.getId(),
      inputs: fromStruct(response.getInputs()),
      outputs: fromStruct(response.getProperties()),
    };
  }

  async update(
    held: Held,
    news: Properties,
    preview = false,
    urn = URN,
    ignoreChanges: string[] = [],
  ): Promise<Held> {
    const request = new proto.UpdateRequest()
      .setUrn(urn)
      .setId(held.id)
      .setOlds(toStruct(held.outputs))
      .setOldInputs(toStruct(held.inputs))
      .setNews(toStruct(news))
      .setIgnorechangesList(ignoreChanges)
      .setPreview(preview);
    const response = await this.ask<proto.UpdateResponse>("update", request);
    return { id: held.id, inputs: news, outputs: fromStruct(response.getProperties()) };
  }

  async delete(held: Held, urn = URN): Promise<void> {
    const request = new proto.DeleteRequest()
      .setUrn(urn)
      .setId(held.id)
      .setProperties(toStruct(held.outputs))
      .setOldInputs(toStruct(held.inputs));
    await this.ask<Empty>("delete", request);
  }

  /** Puts a component together. */
  async construct(
    request: proto.ConstructRequest,
  ): Promise<{ urn: string; state: Properties; dependencies: Record<string, string[]> }> {
    const response = await this.ask<proto.ConstructResponse>("construct", request);
    const dependencies: Record<string, string[]> = {};
    response
      .getStatedependenciesMap()
      .forEach((urns: proto.ConstructResponse.PropertyDependencies, name: string) => {
        dependencies[name] = urns.getUrnsList();
      });
    return { urn: response.getUrn(), state: fromStruct(response.getState()), dependencies };
  }

  list(query: Properties = {}, limit = 0): Promise<proto.ListResponse.Result.AsObject[]> {
    const request = new proto.ListRequest()
      .setToken(NATIVE_TOKEN.type)
      .setQuery(toStruct(query))
      .setLimit(limit);
    return new Promise((resolve, reject) => {
      const found: proto.ListResponse.Result.AsObject[] = [];
      this.client
        .list(request)
        .on("data", (response: proto.ListResponse) => {
          const result = response.getResult();
          if (result !== undefined) found.push(result.toObject());
        })
        .on("error", reject)
        .on("end", () => {
          resolve(found);
        });
    });
  }

  async cancel(): Promise<void> {
    await this.ask<Empty>("cancel", new Empty());
  }

  /** Asks a method; rejects with the message that the engine would show, or with what it would record. */
  ask<Response>(method: string, request: object): Promise<Response> {
    const methods = this.client as unknown as Record<
      string,
      (request: object, answer: (error: ServiceError | null, response: Response) => void) => void
    >;
    return new Promise((resolve, reject) => {
      methods[method]?.call(this.client, request, (error, response) => {
        if (error === null) resolve(response);
        else reject(asFailure(error));
      });
    });
  }
}

async function startEngine(lines: LoggedLine[]): Promise<{ server: Server; port: number }> {
  const server = new Server();
  const names = Object.entries(LogSeverity);
  server.addService(EngineService, {
    log: ({ request }: { request: LogRequest }, done: (error: null, answer: Empty) => void) => {
      const severity = names.find(([, value]) => value === request.getSeverity())?.[0];
      lines.push({
        severity: severity as LoggedLine["severity"],
        urn: request.getUrn(),
        message: request.getMessage(),
      });
      done(null, new Empty());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { server, port };
}

function checkedBy(response: proto.CheckResponse): {
  inputs: Properties;
  failures: proto.CheckFailure.AsObject[];
} {
  const failures = response.getFailuresList().map((failure) => failure.toObject());
  return { inputs: fromStruct(response.getInputs()), failures };
}

function asFailure(error: ServiceError): Error {
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (!(details instanceof Buffer)) return new Error(error.details);
  const [detail] = Status.deserializeBinary(details).getDetailsList();
  if (detail === undefined) return new Error(error.details);
  const failed = proto.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return new PartialFailure(error.details, failed.getId(), fromStruct(failed.getProperties()));
}
