import * as pulumi from "@pulumi/pulumi";
import { isLeftOut } from "./json";
import { type RiskId, RISKY_INPUTS, risksToWarnOf, warningFor } from "./permissions/risks";

/**
 * Tells of each risk once, as soon as it is known. A flag that a preview does not know is passed over, and so is a
 * secret one, which a warning would give away.
 */
export function warnOfRisks(
  token: pulumi.Resource,
  args: { readonly acknowledge?: pulumi.Input<Readonly<Record<string, unknown>>> | undefined },
): void {
  const given: [string, unknown][] = Object.entries(args);
  const flags = given.filter(([name]) => RISKY_INPUTS.has(name));
  const known: Record<string, unknown> = Object.fromEntries(flags.filter(([, value]) => !isPending(value)));
  const warned = new Set<RiskId>();
  const accepted = new Set<string>();
  const warn = (): void => {
    for (const finding of risksToWarnOf(known, accepted)) {
      if (warned.has(finding.id)) continue;
      warned.add(finding.id);
      void pulumi.log.warn(warningFor(finding), token);
    }
  };
  whenKnown<object | null | undefined>(args.acknowledge, (accepting) => {
    // Which risks are accepted is known before their reasons may be: one that turns out to be left out accepts none.
    const reasons = Object.entries(accepting ?? {}).filter(
      ([, reason]: [string, unknown]) => !isLeftOut(reason),
    );
    for (const [risk] of reasons) accepted.add(risk);
    warn();
    for (const [risk, reason] of reasons.filter(([, value]) => isPending(value))) {
      whenKnown(reason, (value) => {
        if (!isLeftOut(value)) return;
        accepted.delete(risk);
        warn();
      });
    }
    for (const [name, value] of flags.filter(([, flag]) => isPending(flag))) {
      whenPublic(value, (flag) => {
        known[name] = flag;
        warn();
      });
    }
  });
}

/** Whether an input is a value that comes later, if at all. */
export function isPending(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Calls at once where nothing has to be waited for, and never where a preview does not know the value. */
function whenKnown<T>(input: pulumi.Input<T>, call: (value: T) => void): void {
  if (!isPending(input)) call(input as T);
  else
    pulumi.output(input).apply((value) => {
      call(value as T);
    });
}

/** The same, and never for a secret. */
function whenPublic(input: unknown, call: (value: unknown) => void): void {
  const output: pulumi.Output<unknown> = pulumi.output(input);
  output.apply(async (value) => {
    if (!(await pulumi.isSecret(output))) call(value);
  });
}
