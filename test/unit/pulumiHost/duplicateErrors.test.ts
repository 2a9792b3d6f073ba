import { InfluxTokenError } from "../../../provider/errors";
import { DuplicateErrors } from "../../../provider/pulumiHost/duplicateErrors";

/** What is printed on a console, and the errors of a provider whose host prints there. */
function setUp() {
  const printed: unknown[] = [];
  const print = (text: unknown): void => void printed.push(text);
  const console = { error: print };
  const errors = new DuplicateErrors(console);
  /** As Pulumi's host does with an error of the provider's. */
  const hostPrints = (error: unknown): void => {
    console.error(`${String(error)}: ${(error as Error).stack ?? ""}`);
  };
  const fail = (error: Error): Promise<unknown> =>
    errors.suppressDuplicateError(() => Promise.reject(error)).catch((reason: unknown) => reason);
  return { printed, print, console, hostPrints, fail };
}

describe("the host's copy of an error", () => {
  it("is suppressed once for each failure, and nothing else is", async () => {
    const { printed, console, hostPrints, fail } = setUp();
    const [one, other] = [new InfluxTokenError("one"), new InfluxTokenError("other")];
    await Promise.all([one, one, other].map((error) => fail(error).then(hostPrints)));
    expect(printed).toEqual([]);
    hostPrints(one);
    console.error("something else");
    expect(printed).toEqual([`${String(one)}: ${one.stack ?? ""}`, "something else"]);
  });

  it("is printed again at any later time, by the console's own function", async () => {
    const { printed, print, console, hostPrints, fail } = setUp();
    const error = new InfluxTokenError("late");
    await fail(error);
    await new Promise(setImmediate);
    expect(console.error).toBe(print);
    hostPrints(error);
    expect(printed).toHaveLength(1);
  });

  it("is printed where the error is a fault of this package: it has the stack trace", async () => {
    const { printed, hostPrints, fail } = setUp();
    const fault = new TypeError("x is not a function");
    expect(await fail(fault)).toBe(fault);
    hostPrints(fault);
    expect(printed).toEqual([expect.stringMatching(/x is not a function\n +at /)]);
  });

  it("leaves a console alone that somebody else has taken over meanwhile", async () => {
    const { console, fail } = setUp();
    await fail(new InfluxTokenError("one"));
    const others = (): void => undefined;
    console.error = others;
    await new Promise(setImmediate);
    expect(console.error).toBe(others);
  });
});
