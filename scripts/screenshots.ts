import { mkdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeReport } from "../report/model";
import { renderPage } from "../report/page";
import { parsePreview } from "../report/parse";
import { renderTable } from "../report/table";
import { runMain } from "./command";
import { openChromium } from "./screenshots/chromium";
import { previewOf, SAMPLE } from "./screenshots/sample";
import { terminalSvg } from "./screenshots/terminal";

/** The pictures of the report in docs/images, of a made-up stack: the page in light and dark, and the terminal. */
const IMAGES = resolve(__dirname, "..", "..", "docs", "images");

/** A README with heavier pictures would load slowly. */
const MAX_BYTES = 300_000;

async function main(): Promise<number> {
  const report = makeReport(parsePreview(previewOf(SAMPLE)));
  await mkdir(IMAGES, { recursive: true });
  await writeFile(
    join(IMAGES, "report-terminal.svg"),
    terminalSvg("influx-token report", renderTable(report, { colour: true })),
  );
  const browser = await openChromium();
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1440, height: 970 } });
      await page.setContent(renderPage(report));
      // What a pointer over a cell shows belongs to the picture.
      await page.hover("#matrix tbody tr:first-child td[data-p*=tasks]");
      await page.screenshot({ path: join(IMAGES, `report-${colorScheme}.png`) });
      await page.close();
    }
  } finally {
    await browser.close();
  }
  for (const name of ["report-light.png", "report-dark.png", "report-terminal.svg"]) {
    const { size } = await stat(join(IMAGES, name));
    if (size > MAX_BYTES) throw new Error(`docs/images/${name} has ${size} bytes, more than ${MAX_BYTES}`);
    process.stdout.write(`docs/images/${name} (${Math.ceil(size / 1000)} kB)\n`);
  }
  return 0;
}

void runMain("screenshots", main);
