import { shardProvider } from "./providers";

/** What the constant stub in the state of every shard of a fleet requires. */
export = shardProvider;
