import type {
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { keyOf } from "../provider/adoption";
import { configKeyProblems } from "../provider/configKeys";
import { readDescriptionTemplate, renderDescription } from "../provider/descriptionTemplate";
import { type EngineCalls, engineCalls } from "../provider/engineCalls";
import { InfluxTokenError } from "../provider/errors";
import { MEMBER } from "../provider/fleet/memberNames";
import { isLeftOut, isRecord } from "../provider/json";
import { RISKY_INPUTS, risksToWarnOf, warningFor } from "../provider/permissions/risks";
import { type ProviderOptions, ProviderProcess } from "../provider/providerProcess";
import { PartialStepError } from "../provider/pulumiHost/partialStep";
import type { Change } from "../provider/token/changes";
import type { Failure } from "../provider/token/inputs";
import { importBeforeReplacement } from "../provider/token/messages";
import { isUnknown } from "../provider/token/unknown";
import { fromWire } from "../provider/pulumiHost/wireValues";
import { NATIVE_FLEET, NATIVE_ROTATING_TOKEN, NATIVE_TOKEN } from "../provider/tokenTypes";
import { providerConfig, type ProviderConfig, stackConfigOf } from "./config";
import { declaredInputs } from "./declared";
import { detailedDiff, type PropertyDiff } from "./detailedDiff";
import { EngineLog } from "./engineLog";
import { asCheckFailure, asPartFailure, asServiceError } from "./failure";
import { constructFleet } from "./fleet";
import { FleetPart, markedState, PART_KINDS, type PartKind } from "./fleetParts";
import { Monitor } from "./monitor";
import { createPreview } from "./preview";
import {
  asSecret,
  asSecretAs,
  checkedInputs,
  fromStruct,
  hasSecret,
  isSecret,
  outputsOf,
  type Properties,
  revealed,
  stateOf,
  toStruct,
  wholeState,
} from "./wire";

/** What a plugin is, and where it runs. */
export interface ServiceOptions extends Omit<ProviderOptions, "log"> {
  /** Of the package, such as `0.1.0`. */
  readonly version: string;
  /** Gives the schema: JSON. */
  readonly schema: () => string;
  /** Where the user reads what happens. Default: by way of the engine. */
  readonly log?: EngineLog;
}

/** Keys of the stack's config that are a program's, or a run's: a default provider gets them, too, and is not made anew for them. */
const NOT_OF_PROVIDERS: readonly string[] = ["tokens", "fleets", "tokensFrom", "preflight"];

/** Inputs of every provider that are the engine's. */
const OF_ENGINE: readonly string[] = ["version", "pluginDownloadURL"];

/** How the engine names its own providers. One that a program names may begin with the word, too. */
const DEFAULT_PROVIDER = /^default(_\d+_\d+_\d|$)/;

/** The kinds that hold one token. */
type TokenLife = "tokens" | "rotating";

const KINDS: ReadonlyMap<string, TokenLife> = new Map<string, TokenLife>([
  [NATIVE_TOKEN.type, "tokens"],
  [NATIVE_ROTATING_TOKEN.type, "rotating"],
]);

/**
 * The resource provider as Pulumi's engine calls it, over gRPC. It translates between the engine and the life of tokens, and
 * decides nothing.
 */
export class PluginService {
  private readonly log: EngineLog;
  private readonly shared: ProviderProcess;
  private readonly calls: Readonly<Record<TokenLife, EngineCalls>>;
  private readonly parts: Readonly<Record<PartKind, FleetPart>>;
  private readonly env: Readonly<Record<string, string | undefined>>;
  private config: ProviderConfig = providerConfig({}, true, {});
  /** How the engine refers to the provider of a program that this process is: `<URN>::<id>`. */
  private reference = "";
  private isCancelled = false;
  /** What was warned of: the engine checks a token twice that it replaces. */
  private readonly warned = new Set<string>();
  /** URNs of the resources that adopt a token, by server and token. */
  private readonly adopters = new Map<string, string>();
  /** Names of fleets, by how they describe their tokens. */
  private readonly fleets = new Map<string, string>();

  constructor(private readonly options: ServiceOptions) {
    const { env = process.env, log = new EngineLog() } = options;
    this.env = env;
    this.log = log;
    this.shared = new ProviderProcess({ ...options, env, log });
    this.calls = {
      tokens: engineCalls("tokens", this.shared),
      rotating: engineCalls("rotating", this.shared),
    };
    this.parts = {
      shards: new FleetPart("shards", engineCalls("shards", this.shared)),
      retirements: new FleetPart("retirements", engineCalls("retirements", this.shared)),
    };
  }

  /** The methods, as a gRPC server takes them. What is not among them is not implemented. */
  handlers(): UntypedServiceImplementation {
    return {
      handshake: this.unary((request: proto.ProviderHandshakeRequest) => {
        this.log.connect(request.getEngineAddress());
        return new proto.ProviderHandshakeResponse().setAcceptSecrets(true);
      }),
      attach: this.unary(() => new Empty()),
      getPluginInfo: this.unary(() => new PluginInfo().setVersion(this.options.version)),
      getSchema: this.unary(() => new proto.GetSchemaResponse().setSchema(this.options.schema())),
      checkConfig: this.unary((request: proto.CheckRequest) => this.checkConfig(request)),
      // A provider is a way to a server. Where a token is, its own state says: another way never replaces it.
      diffConfig: this.unary(() => new proto.DiffResponse()),
      configure: this.unary((request: proto.ConfigureRequest) => this.configure(request)),
      check: this.unary((request: proto.CheckRequest) => this.check(request)),
      diff: this.unary((request: proto.DiffRequest) => this.diff(request)),
      create: this.step((request: proto.CreateRequest) => this.create(request)),
      read: this.unary((request: proto.ReadRequest) => this.read(request)),
      update: this.step((request: proto.UpdateRequest) => this.update(request)),
      list: (call: ServerWritableStream<proto.ListRequest, proto.ListResponse>) => {
        this.log
          .during(undefined, () => this.list(call))
          .catch((error: unknown) => call.emit("error", asServiceError(error)));
      },
      delete: this.step((request: proto.DeleteRequest) => this.delete(request)),
      // It changes nothing itself: the engine calls the steps of what it registers.
      construct: this.unary((request: proto.ConstructRequest) => this.construct(request)),
      // The engine waits for steps that are under way, and records them: they go to their end, and none begins after it.
      cancel: this.unary(() => {
        this.isCancelled = true;
        this.shared.cancel();
        return new Empty();
      }),
    } satisfies Partial<IResourceProviderServer>;
  }

  /** The same of a call that may change a server: a signal waits until its answer can leave, after what it says. */
  private step<Request, Response>(
    serve: (request: Request) => Promise<Response>,
  ): ReturnType<typeof this.unary<Request, Response>> {
    return this.unary(serve, (call) => this.shared.exit.finishBeforeExit(call));
  }

  private unary<Request, Response>(
    serve: (request: Request) => Response | Promise<Response>,
    guard: (call: () => Promise<Response>) => Promise<Response> = (call) => call(),
  ): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
    return ({ request }, callback) => {
      const { getUrn } = request as { getUrn?: () => string };
      const urn = getUrn?.call(request);
      const properties = (): Properties[] => propertiesOf(request);
      guard(() => this.log.during(urn, async () => serve(request), properties)).then(
        (response) => {
          callback(null, response);
        },
        (error: unknown) => {
          const recorded = error instanceof StepError ? error.recorded : undefined;
          callback(asServiceError(error, properties(), recorded), null);
        },
      );
    };
  }

  private checkConfig(request: proto.CheckRequest): proto.CheckResponse {
    const given = Object.entries(fromStruct(request.getNews()));
    const own = given.filter(([name]) => !NOT_OF_PROVIDERS.includes(name));
    const named = own.filter(([name]) => !OF_ENGINE.includes(name) && !name.startsWith("__"));
    const { error } = configKeyProblems(
      Object.fromEntries(named.map(([name]) => [`influx-token:${name}`, ""])),
      "",
    );
    const response = new proto.CheckResponse().setInputs(
      toStruct(
        // Also where it was set without --secret.
        Object.fromEntries(own.map(([name, value]) => [name, name === "token" ? asSecret(value) : value])),
      ),
    );
    const template = revealed(Object.fromEntries(own)["descriptionTemplate"]);
    const problem = typeof template === "string" ? readDescriptionTemplate(template) : [];
    const failures = [
      ...(error === undefined ? [] : [failureOf("", error)]),
      ...(typeof problem === "string"
        ? [failureOf("descriptionTemplate", `descriptionTemplate ${problem}`)]
        : []),
    ];
    return response.setFailuresList(failures);
  }

  private configure(request: proto.ConfigureRequest): proto.ConfigureResponse {
    if (!request.getSendsOldInputs() || !request.getSendsOldInputsToDelete()) {
      throw new InfluxTokenError("this version of Pulumi is too old for influx-token: upgrade it");
    }
    const name = nameIn(request.getUrn() ?? "");
    const isDefault = DEFAULT_PROVIDER.test(name);
    const [urn, id] = [request.getUrn() ?? "", request.getId() ?? ""];
    this.reference = urn === "" || id === "" ? "" : `${urn}::${id}`;
    this.config = providerConfig(fromStruct(request.getArgs()), isDefault, stackConfigOf(this.env));
    this.isCancelled = false;
    this.warned.clear();
    this.adopters.clear();
    this.fleets.clear();
    this.shared.configure("plugin", this.config.config, this.config.connection);
    return new proto.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
  }

  private async check(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const news = fromStruct(request.getNews());
    const part = this.partOf(request);
    if (part !== undefined) {
      const declared = this.fleetDefaults(placeOfFleet(request.getUrn()), news);
      const { inputs, failures } = await part.check(
        fromStruct(request.getOlds()),
        declared,
        this.config.marks,
      );
      const named = failures.map((failure) => asPartFailure(failure, declared));
      return checkResponse(inputs, named);
    }
    const declared = { ...this.defaultsFor(placeOf(request.getUrn()), news), ...news };
    const olds = revealed(fromStruct(request.getOlds()));
    const { inputs, failures: found } = await this.callsFor(request).check(olds, revealed(declared));
    const failures = [...found, ...this.adoptedElsewhere(request.getUrn(), inputs)];
    if (failures.length === 0) this.warnOfRisks(request.getUrn(), inputs, declared);
    const marks = Object.entries(this.config.marks).filter(
      ([name]) => name in inputs && isLeftOut(news[name]),
    );
    const checked = checkedInputs(inputs, { ...declared, ...Object.fromEntries(marks) });
    return checkResponse(
      checked,
      failures.map((failure) => asCheckFailure(failure, declared)),
    );
  }

  /** A preview adopts nothing: only here it shows that two resources of the program adopt one token. */
  private adoptedElsewhere(urn: string, { adopt, host }: Properties): Failure[] {
    if (typeof adopt !== "string" || typeof host !== "string" || isUnknown(fromWire(adopt))) return [];
    const key = keyOf(adopt, host);
    const first = this.adopters.get(key) ?? urn;
    this.adopters.set(key, first);
    if (first === urn) return [];
    const reason = `adopt names the token ${adopt}, which "${nameIn(first)}" adopts already: adopt a token once`;
    return [{ property: "adopt", reason }];
  }

  /** What the stack's config, or the provider, gives where a token leaves it out. */
  private defaultsFor(place: Place, { description, user, userId }: Properties): Properties {
    const template = this.config.config("influx-token:descriptionTemplate");
    const owner = this.config.config("influx-token:user");
    const read = template === undefined ? undefined : readDescriptionTemplate(template);
    return {
      ...(typeof read === "object" &&
        isLeftOut(description) && {
          description: renderDescription(read, place),
        }),
      ...(owner !== undefined && isLeftOut(user) && isLeftOut(userId) && { user: owner }),
    };
  }

  /** The same for what the members of a fleet have in common. Its tokens always have a description: they are found by it. */
  private fleetDefaults(place: Place, inputs: Properties): Properties {
    const { each } = inputs;
    if (isSecret(each) || !isRecord(each)) return inputs;
    const { project, stack, name } = place;
    const described = isLeftOut(each["description"]) && { description: `${project}/${stack}/${name}` };
    const { marks } = this.config;
    const given = Object.entries(this.defaultsFor(place, each)).map(([key, value]) => [
      key,
      asSecretAs(value, marks[key]),
    ]);
    return { ...inputs, each: { ...each, ...described, ...Object.fromEntries(given) } };
  }

  private warnOfRisks(urn: string, inputs: Properties, declared: Properties): void {
    const plain = Object.entries(fromWire(inputs) as Properties).filter(
      ([name, value]) => RISKY_INPUTS.has(name) && !hasSecret(declared[name]) && !isUnknown(value),
    );
    const { acknowledge } = inputs;
    for (const finding of risksToWarnOf(Object.fromEntries(plain), Object.keys(acknowledge ?? {}))) {
      const key = `${urn} ${finding.id}`;
      if (this.warned.has(key)) continue;
      this.warned.add(key);
      this.log.warn(warningFor(finding));
    }
  }

  private diff(request: proto.DiffRequest): proto.DiffResponse {
    const oldInputs = fromStruct(request.getOldInputs());
    const outputs = fromStruct(request.getOlds());
    const part = this.partOf(request);
    if (part !== undefined) {
      const { change, diffs } = part.diff(request.getId(), outputs, oldInputs, fromStruct(request.getNews()));
      return diffResponse(change, diffs);
    }
    const news = this.declared(request, oldInputs, outputs);
    const calls = this.callsFor(request);
    const planned = calls.diff(request.getId(), stateOf(outputs, oldInputs), revealed(news));
    // Pulumi records an import even of an up that fails: until an up changes nothing, nobody has said that it may go.
    const isAsImported = "__imported" in outputs && !("permissions" in oldInputs);
    if (isAsImported && planned.replaces.length > 0) {
      throw importBeforeReplacement(request.getId(), planned.replaces);
    }
    // Where nothing changes, the engine records the new inputs beside the old outputs. What they say in other words must
    // be in the outputs first, or the next run would find a change.
    const isSettled = planned.changes || !calls.compare(stateOf(outputs, news), revealed(news)).changes;
    const change = isSettled ? planned : { changes: true, replaces: [] };
    if (!change.changes) return diffResponse(change, new Map());
    const before = declaredInputs(oldInputs, oldInputs, outputs, request.getIgnorechangesList());
    const diffs = detailedDiff(
      revealed(before) as Properties,
      revealed(news) as Properties,
      revealed(outputs) as Properties,
      change,
    );
    return diffResponse(change, diffs);
  }

  private async create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
    const inputs = fromStruct(request.getProperties());
    const part = this.partOf(request);
    if (part !== undefined) return this.createPart(part, request, inputs);
    if (request.getPreview()) {
      const outputs = createPreview(this.kindOf(request), revealed(inputs) as Properties);
      return new proto.CreateResponse().setProperties(toStruct(outputsOf(outputs, inputs)));
    }
    this.assertGoesOn();
    const { id, state } = await recorded(
      (partial) => wholeState(partial, [inputs]),
      () => this.callsFor(request).create(revealed(inputs)),
    );
    return new proto.CreateResponse().setId(id).setProperties(toStruct(outputsOf(state, inputs)));
  }

  private async createPart(
    part: FleetPart,
    request: proto.CreateRequest,
    inputs: Properties,
  ): Promise<proto.CreateResponse> {
    if (request.getPreview()) {
      return new proto.CreateResponse().setProperties(toStruct(part.createPreview(inputs)));
    }
    this.assertGoesOn();
    const { id, outputs } = await recorded(
      (state) => markedState(state, inputs),
      () => part.create(inputs),
    );
    return new proto.CreateResponse().setId(id).setProperties(toStruct(outputs));
  }

  private async construct(request: proto.ConstructRequest): Promise<proto.ConstructResponse> {
    const { component } = NATIVE_FLEET;
    if (request.getType() !== component) {
      throw new InfluxTokenError(`influx-token has no component ${request.getType()}: known is ${component}`);
    }
    const place = {
      project: request.getProject(),
      stack: request.getStack(),
      name: `${request.getName()}/${MEMBER}`,
    };
    const monitor = new Monitor(request.getMonitorendpoint());
    try {
      const inputs = this.fleetDefaults(place, fromStruct(request.getInputs()));
      this.assertDescribedApart(request.getName(), revealed(inputs["each"]));
      const warn = (urn: string, each: Properties): Promise<void> =>
        this.log.during(urn, () => {
          this.warnOfRisks(urn, revealed(each) as Properties, each);
          return Promise.resolve();
        });
      return await constructFleet({ request, monitor, provider: this.reference }, inputs, warn);
    } finally {
      monitor.close();
    }
  }

  /** @throws {InfluxTokenError} where another fleet of the program describes its tokens alike: by that they are found. */
  private assertDescribedApart(name: string, each: unknown): void {
    const { description, org, orgId } = isRecord(each) ? each : {};
    if (typeof description !== "string" || isUnknown(fromWire(description))) return;
    const key = JSON.stringify([description, org, orgId]);
    const first = this.fleets.get(key) ?? name;
    this.fleets.set(key, first);
    if (first === name) return;
    throw new InfluxTokenError(
      `fleet "${name}" describes its tokens as "${first}" does, ${description}: give each.description another text, for tokens of a run that was killed are found by it`,
    );
  }

  private async read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    const outputs = fromStruct(request.getProperties());
    const inputs = fromStruct(request.getInputs());
    const part = this.partOf(request);
    if (part !== undefined && "__format" in outputs) {
      const found = await part.read(request.getId(), outputs, inputs);
      if (found === undefined) return new proto.ReadResponse();
      return new proto.ReadResponse()
        .setId(request.getId())
        .setProperties(toStruct(found.outputs))
        .setInputs(toStruct(found.inputs));
    }
    await part?.import(request.getId());
    // Nor has `get` one of ours, whatever it names of the token.
    if (!("__format" in outputs)) return this.import(request);
    const found = await this.callsFor(request).read(request.getId(), ownState(outputs, inputs));
    // A blank id tells the engine that the token is gone.
    if (found === undefined) return new proto.ReadResponse();
    return new proto.ReadResponse()
      .setId(request.getId())
      .setProperties(toStruct(outputsOf(found.state, inputs, outputs)))
      .setInputs(toStruct(checkedInputs({ ...(found.inputs as object) }, inputs)));
  }

  /** For `pulumi import`, the option `import` and `get`: there is no state yet. */
  private async import(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    const found = await this.callsFor(request).import(request.getId());
    if (found === undefined) return new proto.ReadResponse();
    const { id, state, inputs } = found;
    return new proto.ReadResponse()
      .setId(id)
      .setProperties(toStruct(outputsOf(state, {})))
      .setInputs(toStruct(inputs));
  }

  private async list(call: ServerWritableStream<proto.ListRequest, proto.ListResponse>): Promise<void> {
    const { request } = call;
    this.kindOfType(request.getToken());
    const tokens = await this.shared.run.tokens.list(revealed(fromStruct(request.getQuery())) as Properties);
    const limit = request.getLimit();
    for (const { id, name } of limit > 0 ? tokens.slice(0, limit) : tokens) {
      call.write(new proto.ListResponse().setResult(new proto.ListResponse.Result().setId(id).setName(name)));
    }
    call.end();
  }

  private async update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
    const olds = fromStruct(request.getOlds());
    const oldInputs = fromStruct(request.getOldInputs());
    const part = this.partOf(request);
    if (part !== undefined) return this.updatePart(part, request, olds);
    const news = this.declared(request, oldInputs, olds);
    const state = stateOf(olds, oldInputs);
    const calls = this.callsFor(request);
    if (request.getPreview()) {
      const next = calls.preview(state, revealed(news));
      return new proto.UpdateResponse().setProperties(toStruct(outputsOf(next, news, olds)));
    }
    this.assertGoesOn();
    const next = await recorded(
      (partial) => wholeState(partial, [news, oldInputs, olds]),
      () => calls.update(request.getId(), state, revealed(news)),
    );
    return new proto.UpdateResponse().setProperties(toStruct(outputsOf(next, news, olds)));
  }

  private async updatePart(
    part: FleetPart,
    request: proto.UpdateRequest,
    olds: Properties,
  ): Promise<proto.UpdateResponse> {
    const isPreview = request.getPreview();
    if (!isPreview) this.assertGoesOn();
    const news = fromStruct(request.getNews());
    const outputs = await recorded(
      (state) => markedState(state, news, olds),
      () => part.update(request.getId(), olds, news, isPreview),
    );
    return new proto.UpdateResponse().setProperties(toStruct(outputs));
  }

  private async delete(request: proto.DeleteRequest): Promise<Empty> {
    this.assertGoesOn();
    const outputs = fromStruct(request.getProperties());
    const part = this.partOf(request);
    if (part !== undefined) {
      await part.delete(request.getId(), outputs);
      return new Empty();
    }
    // `pulumi do` has no state.
    if (Object.keys(outputs).length === 0) {
      await this.callsFor(request).deleteUnrecorded(request.getId());
      return new Empty();
    }
    const state = ownState(outputs, fromStruct(request.getOldInputs()));
    await this.callsFor(request).delete(request.getId(), state);
    return new Empty();
  }

  /**
   * What the program declares.
   *
   * @throws {InfluxTokenError} where an imported token is on another server than the environment names.
   */
  private declared(
    request: Pick<proto.DiffRequest, "getNews" | "getIgnorechangesList">,
    oldInputs: Properties,
    outputs: Properties,
  ): Properties {
    const news = fromStruct(request.getNews());
    const declared = declaredInputs(news, oldInputs, outputs, request.getIgnorechangesList());
    const { host } = outputs;
    if (host === undefined || ("host" in oldInputs && "host" in news)) return declared;
    // Nor did `check` know where an imported token is: no input of it says so. A refresh compares those the other way round.
    const found = "host" in news ? this.shared.run.tokens.hostOf(String(revealed(host))) : revealed(host);
    return { ...declared, host: asSecretAs(found, host) };
  }

  private assertGoesOn(): void {
    if (this.isCancelled)
      throw new InfluxTokenError("the run was cancelled before this step began: nothing was sent");
  }

  /** Of a resource that a fleet is made of. */
  private partOf(request: { getUrn(): string }): FleetPart | undefined {
    const kind = PART_KINDS.get(typeIn(request.getUrn()));
    return kind === undefined ? undefined : this.parts[kind];
  }

  private callsFor(request: { getUrn(): string }): EngineCalls {
    return this.calls[this.kindOf(request)];
  }

  private kindOf(request: { getUrn(): string }): TokenLife {
    return this.kindOfType(typeIn(request.getUrn()));
  }

  private kindOfType(type: string): TokenLife {
    const kind = KINDS.get(type);
    if (kind !== undefined) return kind;
    throw new InfluxTokenError(
      `influx-token has no resource ${type}: known are ${[...KINDS.keys()].join(", ")}`,
    );
  }
}

/** A step failed, and what there is now is to be recorded. */
class StepError extends Error {
  constructor(
    message: string,
    readonly recorded: { readonly id: string; readonly properties: Properties },
  ) {
    super(message);
  }
}

/** @param marked gives what is recorded, with its marks. */
async function recorded<T>(marked: (state: object) => Properties, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof PartialStepError)) throw error;
    throw new StepError(error.message, { id: error.id, properties: marked(error.properties) });
  }
}

/** The state without the connection that a dynamic resource stored: from the move on, the provider's is used. */
function ownState(outputs: Properties, inputs: Properties): ReturnType<typeof stateOf> {
  const state = Object.entries(stateOf(outputs, inputs)).filter(([name]) => name !== "connection");
  return Object.fromEntries(state) as unknown as ReturnType<typeof stateOf>;
}

/** All properties that a call gives, with their marks. */
function propertiesOf(request: unknown): Properties[] {
  const all = request as Readonly<Record<string, (() => Struct | undefined) | undefined>>;
  const getters = ["getProperties", "getInputs", "getOlds", "getOldInputs", "getNews"];
  return getters.flatMap((name) => {
    const struct = all[name]?.call(request);
    return struct === undefined ? [] : [fromStruct(struct)];
  });
}

function failureOf(property: string, reason: string): proto.CheckFailure {
  return new proto.CheckFailure().setProperty(property).setReason(reason);
}

function checkResponse(inputs: Properties, failures: readonly Failure[]): proto.CheckResponse {
  return new proto.CheckResponse()
    .setInputs(toStruct(inputs))
    .setFailuresList(failures.map(({ property, reason }) => failureOf(property, reason)));
}

function diffResponse(
  { changes, replaces }: Change,
  diffs: ReadonlyMap<string, PropertyDiff> | undefined,
): proto.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
  const response = new proto.DiffResponse()
    .setChanges(changes ? DIFF_SOME : DIFF_NONE)
    .setReplacesList([...replaces]);
  if (diffs === undefined) return response;
  response
    .setHasdetaileddiff(true)
    // Of these the engine makes its short lines, of the paths all else.
    .setDiffsList([...new Set([...diffs.keys()].map((path) => path.replace(/[.[].*$/s, "")))]);
  for (const [path, { kind, inputDiff }] of diffs) {
    const { [kind]: value } = proto.PropertyDiff.Kind;
    response.getDetaileddiffMap().set(path, new proto.PropertyDiff().setKind(value).setInputdiff(inputDiff));
  }
  return response;
}

/** Where a resource is. */
interface Place {
  readonly stack: string;
  readonly project: string;
  readonly name: string;
}

/** Of all members of the fleet whose part this is: the fleet's name is within the part's. */
function placeOfFleet(urn: string): Place {
  const place = placeOf(urn);
  return { ...place, name: `${place.name.replace(/-\d\d$/, "")}/${MEMBER}` };
}

/** Stack, project and name within `urn:pulumi:STACK::PROJECT::TYPES::NAME`. */
function placeOf(urn: string): Place {
  const [stack = "", project = ""] = urn.slice("urn:pulumi:".length).split("::");
  return { stack, project, name: nameIn(urn) };
}

/** The name may hold `::`, too. */
function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

function typeIn(urn: string): string {
  const [, , types = ""] = urn.split("::");
  return types.slice(types.lastIndexOf("$") + 1);
}
