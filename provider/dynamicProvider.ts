import { createProvider } from "./createProvider";

/** What the constant stub in every token's state requires. */
const provider = createProvider();

export = provider;
