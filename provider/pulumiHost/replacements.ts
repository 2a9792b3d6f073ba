/**
 * What the engine leaves out while it replaces a token, as far as one run can know it.
 *
 * Leans on: the engine's step generator. Before a replacement it checks the inputs once more, right after `diff` and
 * without the old ones: what follows from them, such as the server, would be lost, and the new token made elsewhere. And
 * to delete the replaced token it gives the old state only, whose connection may lead nowhere any more. Checks and diffs
 * come one after the other. Measured with 3.245.
 * When it changes: a replacement is made on the server that the configuration names, which the preview shows; or a
 * replaced token cannot be deleted, which is an error, and it stays in the state. With checks in another order, old inputs
 * are used only for equal ones.
 * Seen by: test/unit/wrongServer, test/unit/pulumiHost/replacements, test/e2e/lived.
 */
import { isUnknown } from "../token/unknown";
import type { OldInputs } from "../token/inputs";
import { sameJson } from "../json";
import type { ConnectionInputs } from "../types";

type Inputs = Readonly<Record<string, unknown>>;

/** Where a token is declared to be. */
interface Declared {
  readonly connection?: ConnectionInputs;
  readonly host: string;
}

/** What one run remembers of the tokens that it replaces. */
export class Replacements {
  private checked: { readonly olds: OldInputs; readonly news: Inputs } | undefined;
  private readonly connections = new Map<string, ConnectionInputs | undefined>();

  /** The old inputs for a check: those that came with it, or with the first check of the same replacement. */
  oldInputs(olds: OldInputs, news: Inputs): OldInputs {
    const { checked } = this;
    const isFirst = Object.keys(olds).length > 0;
    this.checked = isFirst ? { olds, news } : undefined;
    if (isFirst) return olds;
    return checked !== undefined && isSameToken(checked, news) ? checked.olds : {};
  }

  /**
   * Takes note of what `diff` found. The engine asks it of dependents, too, which it did not check before, and of which
   * it then knows no more than the old inputs.
   */
  diffed(id: string, isReplaced: boolean, { connection, host }: Declared): void {
    if (!isReplaced) this.checked = undefined;
    // An import has no input that says where the token is.
    else if (this.checked !== undefined)
      this.checked = { ...this.checked, olds: { host, ...this.checked.olds } };
    if (isReplaced && isKnown(connection)) this.connections.set(id, connection);
    else this.connections.delete(id);
  }

  /** The connection by which to reach a token that is to be deleted: that of its replacement, if it has one. */
  connectionFor(id: string, recorded: ConnectionInputs | undefined): ConnectionInputs | undefined {
    return this.connections.has(id) ? this.connections.get(id) : recorded;
  }
}

function isKnown(connection: ConnectionInputs | undefined): boolean {
  return !isUnknown(connection) && !Object.values(connection ?? {}).some(isUnknown);
}

/** Whether the second check is of the token that was checked first: there `ignoreChanges` had put old values. */
function isSameToken(
  { olds, news }: { readonly olds: OldInputs; readonly news: Inputs },
  now: Inputs,
): boolean {
  const names = new Set([...Object.keys(news), ...Object.keys(now)]);
  return [...names].every((name) => sameJson(news[name], now[name]) || sameJson(news[name], olds[name]));
}
