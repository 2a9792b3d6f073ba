import { createProvider, createRotatingProvider } from "./createProvider";
import { ProviderProcess } from "./providerProcess";

/** What the host loads, each by a stub of its own: with one memory. */
const shared = new ProviderProcess();

export const tokenProvider = createProvider({}, shared);
export const rotatingProvider = createRotatingProvider({}, shared);
