import {
  createProvider,
  createRetirementProvider,
  createRotatingProvider,
  createShardProvider,
} from "./createProvider";
import { ProviderProcess } from "./providerProcess";

/** What the host loads, each by a stub of its own: with one memory. */
const shared = new ProviderProcess();

export const tokenProvider = createProvider({}, shared);
export const rotatingProvider = createRotatingProvider({}, shared);
export const shardProvider = createShardProvider({}, shared);
export const retirementProvider = createRetirementProvider({}, shared);
