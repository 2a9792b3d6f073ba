import * as pulumi from "@pulumi/pulumi";
import { isLeftOut } from "./json";
import { type DescriptionTemplate, readDescriptionTemplate, renderDescription } from "./descriptionTemplate";
import { isPending } from "./riskWarnings";

const KEYS = { user: "influx-token:user", template: "influx-token:descriptionTemplate" } as const;

/** Inputs that the stack's config can give in place of the program. */
interface Defaulted {
  readonly user?: unknown;
  readonly userId?: unknown;
  readonly description?: unknown;
}

/**
 * What the stack's config gives where a token leaves it out. The class applies it, not `check`: only the class knows the
 * token's name, and what a program gives is what `ignoreChanges` ignores.
 */
export class StackDefaults {
  private readonly user: string | undefined;
  private readonly template: DescriptionTemplate | undefined;

  /**
   * @param allConfig every key of the stack's config.
   * @throws {pulumi.RunError} for a template that cannot be read.
   */
  constructor(allConfig: Readonly<Record<string, string>>) {
    this.user = given(allConfig[KEYS.user]);
    const text = given(allConfig[KEYS.template]);
    const template = text === undefined ? undefined : readDescriptionTemplate(text);
    if (typeof template === "string") {
      throw new pulumi.RunError(`${KEYS.template} in the stack config ${template}`);
    }
    this.template = template;
  }

  /**
   * The inputs that take the place of those given: none where the program gives them all, or the config nothing.
   *
   * @param name the resource's.
   */
  for(name: string, args: Defaulted): { user?: unknown; description?: unknown } {
    const { user, template } = this;
    const described =
      template &&
      renderDescription(template, { project: pulumi.getProject(), stack: pulumi.getStack(), name });
    return {
      ...(user !== undefined && mayBeLeftOut(args.user) && this.owner(user, args)),
      ...(described !== undefined &&
        mayBeLeftOut(args.description) && { description: otherwise(args.description, described) }),
    };
  }

  /** Who names the owner by id names it. */
  private owner(byDefault: string, { user, userId }: Defaulted): { user?: unknown } {
    if (!isPending(userId)) return isLeftOut(userId) ? { user: otherwise(user, byDefault) } : {};
    const id: pulumi.Output<unknown> = pulumi.output(userId);
    const otherwiseById = id.apply((known) => (isLeftOut(known) ? byDefault : undefined));
    return { user: otherwise(user, otherwiseById) };
  }
}

/** The value, or where it turns out to be left out, the default. */
function otherwise(value: unknown, byDefault: unknown): unknown {
  if (!isPending(value)) return byDefault;
  const output: pulumi.Output<unknown> = pulumi.output(value);
  return output.apply((known) => (isLeftOut(known) ? byDefault : known));
}

function mayBeLeftOut(value: unknown): boolean {
  return isPending(value) || isLeftOut(value);
}

/** An empty config value counts as none. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
