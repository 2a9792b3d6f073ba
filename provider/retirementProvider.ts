import { retirementProvider } from "./providers";

/** What the constant stub in the state of every fleet's retirement requires. */
export = retirementProvider;
