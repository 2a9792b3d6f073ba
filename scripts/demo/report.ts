import type { Secrets } from "./secrets";

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 } as const;
const INDENT = "  ";

/** Where to print: `process.stdout` is one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Prints what the demo does, line by line. */
export class Report {
  private text = "";
  private readonly colour: boolean;

  constructor(
    private readonly output: Output,
    private readonly secrets: Secrets,
    env: NodeJS.ProcessEnv,
  ) {
    // https://no-color.org: any value but the empty one counts.
    this.colour = output.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  }

  /** All that was to be printed, before secrets were taken out of it: to check that there were none. */
  get unredacted(): string {
    return this.text;
  }

  title(text: string): void {
    this.line(this.style("bold", text));
  }

  heading(text: string): void {
    this.line();
    this.line(this.style("bold", text));
    this.line();
  }

  /** A command as one would type it. */
  command(text: string): void {
    this.line(`${INDENT}${this.style("cyan", `$ ${text}`)}`);
  }

  /** What a command printed, or a file holds. */
  quote(lines: readonly string[]): void {
    for (const line of lines) this.line(`${INDENT}${INDENT}${this.style("dim", line)}`);
  }

  note(text: string): void {
    this.line(`${INDENT}${text}`);
  }

  ok(text: string): void {
    this.line(`${INDENT}${this.style("green", "ok")}  ${text}`);
  }

  failed(text: string): void {
    const [first = "", ...rest] = text.split("\n");
    this.line();
    this.line(`${INDENT}${this.style("red", "FAILED")}  ${first}`);
    for (const line of rest) this.line(`${INDENT}${INDENT}${line}`);
  }

  /** Columns as wide as their widest cell; the first row is their names. */
  table(rows: readonly (readonly string[])[]): void {
    const widths = (rows[0] ?? []).map((_, column) =>
      Math.max(...rows.map((row) => row[column]?.length ?? 0)),
    );
    rows.forEach((row, index) => {
      const text = row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd();
      this.line(`${INDENT}${INDENT}${index === 0 ? this.style("dim", text) : text}`);
    });
  }

  line(text = ""): void {
    this.text += `${text}\n`;
    this.output.write(`${this.secrets.redact(text)}\n`);
  }

  private style(style: keyof typeof STYLES, text: string): string {
    return this.colour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  }
}

/** The first entries, and how many more there are. */
export function shortened(lines: readonly string[], atMost = 4): string[] {
  // A line that says "1 more" is no shorter than the line it stands for.
  if (lines.length <= atMost + 1) return [...lines];
  return [...lines.slice(0, atMost), `… ${lines.length - atMost} more`];
}
