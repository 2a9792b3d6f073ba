import { tokenProvider } from "./providers";

/** What the constant stub in every token's state requires. */
export = tokenProvider;
