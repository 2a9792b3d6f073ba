import { rotatingProvider } from "./providers";

/** What the constant stub in every rotating token's state requires. */
export = rotatingProvider;
