import type { Operation, Variant } from "./lifecycle";

/** Seconds of one variant, by number of tokens. */
export interface Line {
  readonly variant: Variant;
  readonly points: readonly { readonly n: number; readonly seconds: number }[];
}

/** One operation. */
export interface Panel {
  readonly operation: Operation;
  readonly lines: readonly Line[];
}

const PANEL = { width: 380, height: 250, left: 52, right: 14, top: 34, bottom: 40 };
const COLUMNS = 2;
const HEADER = 62;

/** Told apart by shape as well, and light enough for a dark page and dark enough for a light one. */
const LOOK: Readonly<Record<Variant, { label: string; color: string; dash: string; width: number }>> = {
  naive: { label: "naive: serialised closure", color: "#d2691e", dash: "2 4", width: 2.5 },
  floor: { label: "floor: a resource that does nothing", color: "#808890", dash: "", width: 6 },
  ours: { label: "InfluxToken", color: "#2f7de1", dash: "", width: 2 },
};

const STYLE = `text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}
.small{fill:#59636e}.grid{stroke:#59636e;stroke-opacity:.25}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#9198a1}}`;

/** The least and the greatest power of ten around all values. */
export function decades(values: readonly number[]): [number, number] {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const greatest = Math.ceil(Math.log10(Math.max(...values)));
  return [least, Math.max(greatest, least + 1)];
}

/** Draws time against the number of tokens, both on logarithmic axes, one panel for each operation. */
export function drawChart(panels: readonly Panel[], caption: string): string {
  const all = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  const axes = { n: decades(all.map(({ n }) => n)), seconds: decades(all.map(({ seconds }) => seconds)) };
  const rows = Math.ceil(panels.length / COLUMNS);
  const width = COLUMNS * PANEL.width;
  const height = HEADER + rows * PANEL.height;
  const drawn = panels.map((panel, index) => {
    const x = (index % COLUMNS) * PANEL.width;
    const y = HEADER + Math.floor(index / COLUMNS) * PANEL.height;
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel, axes)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title caption">
<title id="title">Seconds by number of tokens</title>
<desc id="caption">${escaped(caption)}</desc>
<style>${STYLE}</style>
<text class="title" x="${PANEL.left}" y="20">Seconds by number of tokens</text>
${legend()}
${drawn.join("\n")}
</svg>
`;
}

function legend(): string {
  let x = PANEL.left;
  return (Object.keys(LOOK) as Variant[])
    .map((variant) => {
      const { label } = LOOK[variant];
      const entry = `<g transform="translate(${x} 42)">${stroke(variant, "M0 0H28")}<text x="36" y="4">${label}</text></g>`;
      x += 62 + label.length * 6.4;
      return entry;
    })
    .join("\n");
}

type Range = readonly [number, number];

function drawPanel({ operation, lines }: Panel, axes: { n: Range; seconds: Range }): string {
  const right = PANEL.width - PANEL.right;
  const bottom = PANEL.height - PANEL.bottom;
  const x = (n: number): number => position(n, axes.n, PANEL.left, right);
  const y = (seconds: number): number => position(seconds, axes.seconds, bottom, PANEL.top);
  const rules = [
    ...powers(axes.n).map(
      (n) =>
        `<path class="grid" d="M${x(n)} ${PANEL.top}V${bottom}"/><text class="small" text-anchor="middle" x="${x(n)}" y="${bottom + 16}">${amount(n)}</text>`,
    ),
    ...powers(axes.seconds).map(
      (seconds) =>
        `<path class="grid" d="M${PANEL.left} ${y(seconds)}H${right}"/><text class="small" text-anchor="end" x="${PANEL.left - 6}" y="${y(seconds) + 4}">${amount(seconds)} s</text>`,
    ),
  ];
  const drawn = (Object.keys(LOOK) as Variant[]).flatMap((variant) => {
    const points = lines.find((line) => line.variant === variant)?.points ?? [];
    if (points.length === 0) return [];
    const path = points.map(({ n, seconds }) => `${x(n)} ${y(seconds)}`).join("L");
    const dots = points.map(
      ({ n, seconds }) =>
        `<circle cx="${x(n)}" cy="${y(seconds)}" r="${LOOK[variant].width === 6 ? 5 : 3}" fill="${LOOK[variant].color}"><title>${variant}, ${operation}, ${n} tokens: ${seconds.toFixed(1)} s</title></circle>`,
    );
    return [stroke(variant, `M${path}`), ...dots];
  });
  const title = `<text class="title" x="${PANEL.left}" y="22">${operation}</text>`;
  const unit = `<text class="small" text-anchor="end" x="${right}" y="${bottom + 32}">tokens</text>`;
  return [title, ...rules, unit, ...drawn].join("\n");
}

function stroke(variant: Variant, path: string): string {
  const { color, dash, width } = LOOK[variant];
  // What lies below must show through where two lines are one.
  const opacity = variant === "floor" ? 0.75 : 1;
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="${width}" stroke-opacity="${opacity}" stroke-dasharray="${dash}" stroke-linecap="round"/>`;
}

function position(value: number, [least, greatest]: Range, from: number, to: number): number {
  const share = (Math.log10(value) - least) / (greatest - least);
  return Math.round((from + share * (to - from)) * 10) / 10;
}

function powers([least, greatest]: Range): number[] {
  return Array.from({ length: greatest - least + 1 }, (_, index) => 10 ** (least + index));
}

function amount(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 3 });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
