/** Text that is no preview, or no state. The message says what was expected. */
export class ReportInputError extends Error {
  override readonly name = "ReportInputError";
}
