import { ApiError } from "../errors";

const LITERALS: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };

/**
 * Parses the first JSON value of a body. Like the server it ignores whatever follows that value, and it words a
 * mistake by the byte at which the value stops being JSON.
 * @throws ApiError `internal error`, as the server answers where it passes its decoder's error on bare
 */
export function parseFirstValue(body: Buffer): unknown {
  const text = body.toString("utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // One character per byte: the server counts and quotes bytes.
    const end = new Scanner(body.toString("latin1")).firstValueEnd();
    return JSON.parse(body.subarray(0, end).toString("utf8")) as unknown;
  }
}

/** Finds the end of a value, or the first byte that no JSON value could have there. */
class Scanner {
  private at = 0;

  constructor(private readonly bytes: string) {}

  firstValueEnd(): number {
    this.skipSpace();
    if (this.at === this.bytes.length) throw mistake("EOF");
    try {
      this.value();
    } catch (error) {
      // The server goes down 10,000 levels, this scanner as far as its stack reaches.
      if (error instanceof RangeError) this.refuse("exceeded max depth");
      throw error;
    }
    return this.at;
  }

  private value(): void {
    const byte = this.peek();
    if (byte === "{") this.object();
    else if (byte === "[") this.array();
    else if (byte === '"') this.string();
    else if (byte === "-" || isDigit(byte)) this.number();
    else if (byte in LITERALS) this.literal(LITERALS[byte] ?? "");
    else this.refuse("looking for beginning of value");
  }

  private object(): void {
    this.at++;
    this.skipSpace();
    if (this.peek() === "}") {
      this.at++;
      return;
    }
    for (;;) {
      this.skipSpace();
      if (this.peek() !== '"') this.refuse("looking for beginning of object key string");
      this.string();
      this.skipSpace();
      this.expect(":", "after object key");
      this.skipSpace();
      this.value();
      this.skipSpace();
      if (this.peek() !== ",") break;
      this.at++;
    }
    this.expect("}", "after object key:value pair");
  }

  private array(): void {
    this.at++;
    this.skipSpace();
    if (this.peek() === "]") {
      this.at++;
      return;
    }
    for (;;) {
      this.skipSpace();
      this.value();
      this.skipSpace();
      if (this.peek() !== ",") break;
      this.at++;
    }
    this.expect("]", "after array element");
  }

  private string(): void {
    this.at++;
    for (;;) {
      const byte = this.peek();
      if (byte < " ") this.refuse("in string literal");
      this.at++;
      if (byte === '"') return;
      if (byte === "\\") this.escape();
    }
  }

  private escape(): void {
    const byte = this.peek();
    if (!'bfnrt\\/"u'.includes(byte)) this.refuse("in string escape code");
    this.at++;
    for (let digit = 0; byte === "u" && digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.peek())) this.refuse("in \\u hexadecimal character escape");
      this.at++;
    }
  }

  private number(): void {
    if (this.peek() === "-") this.at++;
    if (this.peek() === "0") this.at++;
    else this.digits("in numeric literal");
    if (this.bytes[this.at] === ".") {
      this.at++;
      this.digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.bytes[this.at] ?? "")) {
      this.at++;
      if (/[+-]/.test(this.peek())) this.at++;
      this.digits("in exponent of numeric literal");
    }
  }

  /** At least one digit. A number may be the last thing of the body, so the end is no mistake after the first. */
  private digits(context: string): void {
    if (!isDigit(this.peek())) this.refuse(context);
    while (isDigit(this.bytes[this.at] ?? "")) this.at++;
  }

  private literal(word: string): void {
    for (const letter of word) this.expect(letter, `in literal ${word} (expecting '${letter}')`);
  }

  private expect(byte: string, context: string): void {
    if (this.peek() !== byte) this.refuse(context);
    this.at++;
  }

  private skipSpace(): void {
    while (/[ \t\r\n]/.test(this.bytes[this.at] ?? "")) this.at++;
  }

  private peek(): string {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw mistake("unexpected EOF");
    return byte;
  }

  private refuse(context: string): never {
    throw mistake(`invalid character ${quoteByte(this.peek())} ${context}`);
  }
}

const mistake = (message: string): ApiError => new ApiError("internal error", message);

const isDigit = (byte: string): boolean => byte >= "0" && byte <= "9";

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "'": "\\'",
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Quotes a byte as the server's messages do: control bytes as escapes, all else as the character it is in Latin-1. */
function quoteByte(byte: string): string {
  const code = byte.charCodeAt(0);
  const hex = code.toString(16);
  if (byte in SHORT_ESCAPES) return `'${SHORT_ESCAPES[byte] ?? ""}'`;
  if (code < 0x20 || code === 0x7f) return `'\\x${hex.padStart(2, "0")}'`;
  if ((code >= 0x80 && code <= 0xa0) || code === 0xad) return `'\\u${hex.padStart(4, "0")}'`;
  return `'${byte}'`;
}
