/** Every token value that the demo came to know, so that none of them gets anywhere. */
export class Secrets {
  private readonly values = new Set<string>();

  /** How many different values are known. */
  get size(): number {
    return this.values.size;
  }

  add(...values: string[]): void {
    for (const value of values) if (value !== "") this.values.add(value);
  }

  /** How many of the values occur in the text. */
  countIn(text: string): number {
    return [...this.values].filter((value) => text.includes(value)).length;
  }

  redact(text: string): string {
    return [...this.values].reduce((redacted, value) => redacted.replaceAll(value, "[secret]"), text);
  }
}
