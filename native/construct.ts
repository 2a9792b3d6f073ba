import * as proto from "@pulumi/pulumi/proto/provider_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { InfluxTokenError } from "../provider/errors";
import type { Monitor, Registered } from "./monitor";
import { type Properties, toStruct } from "./wire";

/** A resource that a component is made of. */
export interface Child {
  readonly type: string;
  readonly name: string;
  /** With marks. */
  readonly inputs: Properties;
  /** What inputs follow from: URNs by input. */
  readonly follows: Readonly<Record<string, readonly string[]>>;
  /** Outputs that are secret, whatever the inputs are. */
  readonly secrets: readonly string[];
  /** What of the component's options it does not take over, for a life of its own. */
  readonly options?: { readonly protect: boolean; readonly retainOnDelete: boolean };
}

/** What a component has when all of it is registered. */
export interface Constructed {
  readonly outputs: Properties;
  /** Which resources outputs are of: URNs by output. */
  readonly follows: Readonly<Record<string, readonly string[]>>;
}

/** Puts a component together. */
export interface Assembly {
  /** Where it is registered itself. */
  readonly request: proto.ConstructRequest;
  readonly monitor: Monitor;
  /** Which provider the children have: `<URN>::<id>`. */
  readonly provider: string;
}

/** Options of which a component of ours would not keep what they promise. */
const REFUSED: readonly (readonly [string, (request: proto.ConstructRequest) => boolean, string])[] = [
  [
    "ignoreChanges",
    (request) => request.getIgnorechangesList().length > 0,
    "leave out of the program what it is not to follow",
  ],
  [
    "replaceOnChanges",
    (request) => request.getReplaceonchangesList().length > 0,
    "permissions and keepers make new tokens by themselves. For new tokens on another occasion put its value into keepers",
  ],
  [
    "replaceWith",
    (request) => request.getReplaceWithList().length > 0,
    "put what new tokens follow from into keepers",
  ],
  [
    "replacementTrigger",
    (request) => request.hasReplacementTrigger(),
    "put what new tokens follow from into keepers",
  ],
];

/** @throws {InfluxTokenError} for an option that would be passed over. */
export function refuseOptions(request: proto.ConstructRequest): void {
  for (const [option, isGiven, instead] of REFUSED) {
    if (!isGiven(request)) continue;
    const [kind] = request.getType().split(":").slice(-1);
    throw new InfluxTokenError(
      `${kind ?? ""} "${request.getName()}" cannot take the option ${option}: ${instead}`,
    );
  }
}

/** Registers the component itself. Gives its URN. */
export async function registerComponent(
  { request, monitor }: Assembly,
  inputs: Properties,
): Promise<Registered> {
  const registration = new resource.RegisterResourceRequest()
    .setType(request.getType())
    .setName(request.getName())
    .setParent(request.getParent())
    .setObject(toStruct(inputs))
    .setAliasesList(request.getAliasesList())
    .setParentstacktracehandle(request.getStackTraceHandle());
  request.getProvidersMap().forEach((reference: string, name: string) => {
    registration.getProvidersMap().set(name, reference);
  });
  const timeouts = request.getCustomtimeouts();
  if (timeouts !== undefined) {
    const own = new resource.RegisterResourceRequest.CustomTimeouts();
    registration.setCustomtimeouts(
      own.setCreate(timeouts.getCreate()).setUpdate(timeouts.getUpdate()).setDelete(timeouts.getDelete()),
    );
  }
  const hooks = request.getResourceHooks();
  if (hooks !== undefined) registration.setHooks(hooksOf(hooks));
  setDependencies(registration, request, followsOf(request));
  setInherited(registration, request);
  return monitor.register(registration);
}

/** Registers a child of the component. */
export async function registerChild(
  { request, monitor, provider }: Assembly,
  parent: string,
  child: Child,
): Promise<Registered> {
  const registration = new resource.RegisterResourceRequest()
    .setType(child.type)
    .setName(child.name)
    .setParent(parent)
    .setCustom(true)
    .setProvider(provider)
    .setObject(toStruct(child.inputs))
    .setAdditionalsecretoutputsList([...child.secrets])
    .setParentstacktracehandle(request.getStackTraceHandle());
  setDependencies(registration, request, child.follows);
  setInherited(registration, request);
  const { options } = child;
  if (options !== undefined) {
    registration.setProtect(options.protect).setRetainondelete(options.retainOnDelete);
  }
  return monitor.register(registration);
}

/** What the program's inputs follow from: URNs by input. */
export function followsOf(request: proto.ConstructRequest): Record<string, string[]> {
  const follows: Record<string, string[]> = {};
  request
    .getInputdependenciesMap()
    .forEach((dependencies: proto.ConstructRequest.PropertyDependencies, name: string) => {
      follows[name] = dependencies.getUrnsList();
    });
  return follows;
}

export function responseOf(urn: string, { outputs, follows }: Constructed): proto.ConstructResponse {
  const response = new proto.ConstructResponse().setUrn(urn).setState(toStruct(outputs));
  for (const [name, urns] of Object.entries(follows)) {
    const dependencies = new proto.ConstructResponse.PropertyDependencies().setUrnsList([...urns]);
    response.getStatedependenciesMap().set(name, dependencies);
  }
  return response;
}

/** The engine makes it after what the program names, and deletes it before that. */
function setDependencies(
  registration: resource.RegisterResourceRequest,
  request: proto.ConstructRequest,
  follows: Readonly<Record<string, readonly string[]>>,
): void {
  registration.setDependenciesList([
    ...new Set([...request.getDependenciesList(), ...Object.values(follows).flat()]),
  ]);
  for (const [name, urns] of Object.entries(follows)) {
    const dependencies = new resource.RegisterResourceRequest.PropertyDependencies().setUrnsList([...urns]);
    registration.getPropertydependenciesMap().set(name, dependencies);
  }
}

/** Options of the program for the component and all that it is made of. */
function setInherited(registration: resource.RegisterResourceRequest, request: proto.ConstructRequest): void {
  const protect = request.getProtect();
  const retain = request.getRetainondelete();
  if (request.hasProtect() && protect !== undefined) registration.setProtect(protect);
  if (request.hasRetainondelete() && retain !== undefined) registration.setRetainondelete(retain);
  registration.setDeletedwith(request.getDeletedwith());
}

function hooksOf(
  hooks: proto.ConstructRequest.ResourceHooksBinding,
): resource.RegisterResourceRequest.ResourceHooksBinding {
  return new resource.RegisterResourceRequest.ResourceHooksBinding()
    .setBeforeCreateList(hooks.getBeforeCreateList())
    .setAfterCreateList(hooks.getAfterCreateList())
    .setBeforeUpdateList(hooks.getBeforeUpdateList())
    .setAfterUpdateList(hooks.getAfterUpdateList())
    .setBeforeDeleteList(hooks.getBeforeDeleteList())
    .setAfterDeleteList(hooks.getAfterDeleteList())
    .setOnErrorList(hooks.getOnErrorList());
}
