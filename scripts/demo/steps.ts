import type { Session } from "./session";
import { configure } from "./steps/configure";
import { create } from "./steps/create";
import { destroy } from "./steps/destroy";
import { findDrift, findNoDrift } from "./steps/drift";
import { edit } from "./steps/edit";
import { preview } from "./steps/preview";
import { repeat } from "./steps/repeat";
import { use } from "./steps/use";

/** One part of the demo. */
export interface Step {
  readonly title: string;
  /** @throws when anything is not as it must be */
  run(session: Session): Promise<void>;
}

/** In the order in which they run: each builds on those before it. */
export const STEPS: readonly Step[] = [
  { title: "Declare four tokens in the stack's configuration", run: configure },
  { title: "Preview every permission before anything exists", run: preview },
  { title: "Make the tokens", run: create },
  { title: "Use them: each opens what it was made for, and nothing else", run: use },
  { title: "Run it again: nothing changes", run: repeat },
  { title: "Edit: a description changes in place, permissions replace the token", run: edit },
  { title: "Find what was changed behind the stack's back, and put it right", run: findDrift },
  { title: "Refresh again: nothing has changed", run: findNoDrift },
  { title: "Remove everything", run: destroy },
];
