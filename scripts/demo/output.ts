import { deepStrictEqual } from "node:assert";

/** What a server makes: 64 random bytes in URL-safe Base64. Of these there are many, so that one pass looks for all. */
const MADE = /[\w-]{86}==/g;

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const;

/** Prints what the demo does, checks what it claims, and keeps the token values that it came to know out of both. */
export class Output {
  /** Checks that passed. */
  checks = 0;
  private text = "";
  private readonly made = new Set<string>();
  private readonly others = new Set<string>();
  private readonly hasColour: boolean;

  constructor(
    private readonly stream: { write(text: string): unknown; readonly isTTY?: boolean },
    env: NodeJS.ProcessEnv,
  ) {
    // https://no-color.org: any value but the empty one counts.
    this.hasColour = stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  }

  /** All that was to be printed, before secrets were taken out of it: to check that there were none. */
  get unredacted(): string {
    return this.text;
  }

  /** How many different token values are known. */
  get secretCount(): number {
    return this.made.size + this.others.size;
  }

  addSecrets(...values: readonly string[]): void {
    for (const value of values) {
      if (value.replace(MADE, "") !== "") this.others.add(value);
      else if (value !== "") this.made.add(value);
    }
  }

  line(text = ""): void {
    this.text += `${text}\n`;
    const withoutMade = text.replace(MADE, (value) => (this.made.has(value) ? "[secret]" : value));
    const redacted = [...this.others].reduce(
      (shown, value) => shown.replaceAll(value, "[secret]"),
      withoutMade,
    );
    this.stream.write(`${redacted}\n`);
  }

  heading(text: string): void {
    this.line(`\n${this.style("bold", text)}\n`);
  }

  note(text: string): void {
    this.line(`  ${text}`);
  }

  /** A command as one would type it. */
  command(text: string): void {
    this.note(this.style("cyan", `$ ${text}`));
  }

  /** What a command printed, or a file holds. An empty line follows. */
  quote(lines: readonly string[]): void {
    for (const line of lines) this.line(`    ${this.style("dim", line)}`);
    this.line();
  }

  failed(text: string): void {
    this.line(`\n  ${this.style("red", "FAILED")}  ${text.replaceAll("\n", "\n    ")}`);
  }

  /** Prints `what` as true. @throws Error that says what differs unless both are deeply equal */
  check(what: string, got: unknown, expected: unknown): void {
    try {
      deepStrictEqual(got, expected);
    } catch (error) {
      throw new Error(`${what}\n${(error as Error).message}`, { cause: error });
    }
    this.checks += 1;
    this.note(`${this.style("green", "ok")}  ${what}`);
  }

  /** @throws Error when a known token value is in one of the texts */
  checkNoSecret(what: string, texts: readonly string[]): void {
    const found = texts.filter(
      (text) =>
        text.match(MADE)?.some((value) => this.made.has(value)) === true ||
        [...this.others].some((value) => text.includes(value)),
    );
    this.check(what, found.length, 0);
  }

  private style(style: keyof typeof STYLES, text: string): string {
    return this.hasColour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  }
}
