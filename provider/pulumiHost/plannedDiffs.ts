/**
 * Tells the question "what is to happen?" from "what has changed?", which the engine asks by the same call.
 *
 * Leans on: the engine's step generator, which checks the inputs right before it asks `diff` for its plan, one resource
 * after the other; and its refresh step, which asks `diff` without a check, and fails where that throws. Read in 3.245.
 * When it changes: what must not be planned is refused when it is to be sent, and no longer in the preview; or a refresh
 * fails of a token that the run authenticates with, or that the program still adopts, where somebody changed that one on
 * the server.
 * Seen by: test/unit/ownToken, test/unit/adoption, test/e2e/lived.
 */
export class PlannedDiffs {
  private isChecked = false;

  /** Takes note of a check. */
  checked(): void {
    this.isChecked = true;
  }

  /** Whether the `diff` that is asked now is for a plan. */
  isPlanned(): boolean {
    const { isChecked } = this;
    this.isChecked = false;
    return isChecked;
  }
}
