/**
 * Whether this run searches exhaustively: `npm run test:soak` runs the same tests with more cells, runs and hosts than
 * `npm test` has the time for.
 */
export const SOAK = process.env["SOAK"] === "1";

/** Says in the name of a `describe` which cells were run: those of `npm test` are a selection. */
export const SELECTION = SOAK ? "every cell" : "selected cells, all with `npm run test:soak`";
