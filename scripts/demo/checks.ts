import { inspect, isDeepStrictEqual } from "node:util";
import type { Report } from "./report";
import type { Secrets } from "./secrets";

/** Something is not as it must be. The message says what, and what was expected and got. */
export class CheckFailure extends Error {
  override readonly name = "CheckFailure";

  constructor(what: string, got: unknown, expected: unknown) {
    super([what, ...described("expected", expected), ...described("got", got)].join("\n"));
  }
}

/** Checks what the demo says, and counts the checks. The first that fails ends the demo. */
export class Checks {
  private passed = 0;

  constructor(
    private readonly report: Report,
    private readonly secrets: Secrets,
  ) {}

  get count(): number {
    return this.passed;
  }

  /** Reports `what` as true. @throws {CheckFailure} unless both are deeply equal */
  equal(what: string, got: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(got, expected)) throw new CheckFailure(what, got, expected);
    this.passed += 1;
    this.report.ok(what);
  }

  /** @throws {CheckFailure} when a known token value is in one of the texts */
  noSecret(what: string, texts: readonly string[]): void {
    this.equal(
      what,
      texts.reduce((sum, text) => sum + this.secrets.countIn(text), 0),
      0,
    );
  }
}

function described(label: string, value: unknown): string[] {
  const options = { depth: null, maxArrayLength: 100, breakLength: 100, sorted: true };
  const [first = "", ...rest] = inspect(value, options).split("\n");
  const width = "expected  ".length;
  return [label.padEnd(width) + first, ...rest.map((line) => " ".repeat(width) + line)];
}
