const FONT_SIZE = 14;
const LINE = 20;
/** Of the usual monospaced fonts; each run of text is stretched to it, so that columns stay in line with any font. */
const CHARACTER = 8.43;
const PADDING = 20;

const COLOURS: Readonly<Record<string, string>> = {
  "31": "#ff8f8f",
  "32": "#7ee2a0",
  "33": "#ffcf70",
  "36": "#7fd3f0",
};

const ESCAPE = "\u001b";
const STYLES = new RegExp(`${ESCAPE}\\[(\\d+)m`);

interface Style {
  colour: string | undefined;
  bold: boolean;
  dim: boolean;
}

/** What a terminal shows of a text with the colours of `report/table.ts`, as an SVG picture. */
export function terminalSvg(command: string, text: string): string {
  const lines = [`\u001b[2m$\u001b[22m ${command}`, "", ...text.trimEnd().split("\n")];
  const style: Style = { colour: undefined, bold: false, dim: false };
  const rows = lines.map((line, index) => rowOf(line, PADDING + FONT_SIZE + index * LINE, style));
  const columns = Math.max(...rows.map(({ length }) => length));
  const width = Math.ceil(columns * CHARACTER + 2 * PADDING);
  const height = lines.length * LINE + 2 * PADDING;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(command)} in a terminal">
<rect width="${width}" height="${height}" rx="10" fill="#171c24"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" fill="#e6eaf0" xml:space="preserve">
${rows
  .map(({ svg }) => svg)
  .filter((svg) => svg !== "")
  .join("\n")}
</g>
</svg>
`;
}

/** A row of text, in pieces of one style each. `style` goes on from row to row, as in a terminal. */
function rowOf(line: string, y: number, style: Style): { svg: string; length: number } {
  let column = 0;
  let svg = "";
  // Every odd part is the number of a style.
  for (const [index, part] of line.split(STYLES).entries()) {
    if (index % 2 === 1) apply(style, part);
    else {
      for (const [, spaces = "", words = ""] of part.matchAll(/( *)((?:\S| (?! ))*)/g)) {
        column += spaces.length;
        if (words !== "") svg += pieceOf(words, column, y, style);
        column += words.length;
      }
    }
  }
  return { svg, length: column };
}

function pieceOf(words: string, column: number, y: number, { colour, bold, dim }: Style): string {
  const attributes = [
    `x="${(PADDING + column * CHARACTER).toFixed(1)}" y="${y}" textLength="${(words.length * CHARACTER).toFixed(1)}"`,
    colour === undefined ? "" : `fill="${colour}"`,
    bold ? `font-weight="700"` : "",
    dim ? `opacity=".65"` : "",
  ];
  return `<text ${attributes.filter((text) => text !== "").join(" ")}>${escapeXml(words)}</text>`;
}

function apply(style: Style, code: string): void {
  if (code === "1") style.bold = true;
  else if (code === "2") style.dim = true;
  else if (code === "22") style.bold = style.dim = false;
  else style.colour = COLOURS[code];
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
