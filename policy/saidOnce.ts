/**
 * What was said of fleets. In a preview one violation is enough, and 64 equal ones for the shards of a fleet hide all
 * others.
 *
 * Leans on: the engine starts the process of a policy pack anew for each preview and each update, and says in
 * `PULUMI_DRY_RUN` which it is. A preview makes nothing, and fails at the first violation of a mandatory policy.
 * When it changes: where the variable is missing every shard is reported. In an update every shard is, always: with
 * `--continue-on-error` the engine makes what no violation names.
 * Seen by: test/e2e/policy.
 */
export class SaidOnce {
  private readonly judged = new Set<string>();
  private readonly said = new Map<string, Set<string>>();

  /** A shard is judged. One that was judged before begins another run, in which nothing was said yet. */
  begin(urn: string): void {
    if (!isPreview()) return;
    if (this.judged.has(urn)) {
      this.judged.clear();
      this.said.clear();
    }
    this.judged.add(urn);
  }

  /** Whether the text is to be said of the shard's fleet: it was not yet, or this is no preview. */
  isNew(urn: string, text: string): boolean {
    if (!isPreview()) return true;
    const fleet = urn.replace(/-\d\d$/, "");
    const said = this.said.get(fleet) ?? new Set();
    this.said.set(fleet, said);
    if (said.has(text)) return false;
    said.add(text);
    return true;
  }
}

function isPreview(): boolean {
  return process.env["PULUMI_DRY_RUN"] === "true";
}
