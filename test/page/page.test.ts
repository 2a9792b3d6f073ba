import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { WIRE_UNKNOWN } from "../../provider/pulumiHost/wireValues";
import { makeReport } from "../../report/model";
import { renderPage } from "../../report/page";
import { parsePreview } from "../../report/parse";
import { openChromium } from "../../scripts/screenshots/chromium";
import { previewOf, SAMPLE, type SampleToken } from "../../scripts/screenshots/sample";
import { becomes } from "../support/becomes";

// Where there is no browser yet, the first test waits until one is installed.
jest.setTimeout(900_000);

const MANY: readonly SampleToken[] = Array.from({ length: 200 }, (_, n) => {
  const { name, ...token } = SAMPLE[n % SAMPLE.length] ?? { name: "none" };
  return { name: `${name}-${n}`, ...token };
});

describe("the page, in a real browser", () => {
  let browser: Browser;
  let folder: string;
  let page: Page;
  let problems: string[];
  let requests: string[];

  beforeAll(async () => {
    browser = await openChromium();
    folder = mkdtempSync(join(tmpdir(), "page-"));
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await page.close();
    // A page that breaks its own policy, or one that reaches out, is no use to anybody.
    expect(problems).toEqual([]);
    expect(requests).toHaveLength(1);
  });

  /** Opens the page as a reader does: a file. */
  function open(tokens: readonly SampleToken[], options?: Parameters<Browser["newPage"]>[0]): Promise<void> {
    return openPreview(previewOf(tokens), options);
  }

  async function openPreview(
    preview: string,
    options: Parameters<Browser["newPage"]>[0] = {},
  ): Promise<void> {
    const file = join(folder, "report.html");
    writeFileSync(file, renderPage(makeReport(parsePreview(preview))));
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    problems = [];
    requests = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
  }

  const focused = () =>
    page.evaluate<[string, string]>(`(() => {
      const cell = document.activeElement.closest("th, td");
      const head = document.querySelector("#matrix thead tr").cells[cell.cellIndex];
      return [cell.closest("tr").cells[0].querySelector("b")?.textContent ?? "", head.textContent];
    })()`);
  const tip = () => page.locator("#tip").innerText();
  const tipIsVisible = () => page.locator("#tip").isVisible();
  const rowsShown = () => page.locator("#matrix tbody tr:visible").count();
  /** What a piece of the page looks like. */
  const look = (selector: string, property: string) =>
    page.evaluate<string>(
      `getComputedStyle(document.querySelector(${JSON.stringify(selector)}))[${JSON.stringify(property)}]`,
    );
  const cell = (name: string, type: string) =>
    page.locator(`#matrix tbody tr:has(th b:text-is("${name}")) td[aria-label^="${type}: "]`);

  it("tells the exact permissions of a cell under the pointer, and to a reader of the screen", async () => {
    await open(SAMPLE);
    await cell("ci", "tasks").hover();
    await becomes(tip, "ci · tasks\n+ write:orgs/acme/tasks\n  read:orgs/acme/tasks");
    await becomes(
      () => cell("grafana", "dashboards").getAttribute("aria-label"),
      "dashboards: removed write:orgs/acme/dashboards; read:orgs/acme/dashboards",
    );
    await page.locator("h1").hover();
    await becomes(tipIsVisible, false);
  });

  it("is read by arrow keys from one stop of Tab", async () => {
    await open(SAMPLE);
    await page.locator("#used").focus();
    await page.keyboard.press("Tab");
    // A scrolling area is a stop of its own in some browsers.
    if ((await page.evaluate<string>("document.activeElement.id")) === "frame")
      await page.keyboard.press("Tab");
    await becomes(focused, ["ci", "Token"]);
    for (let n = 0; n < 4; n += 1) await page.keyboard.press("ArrowRight");
    await becomes(focused, ["ci", "buckets"]);
    await becomes(tip, expect.stringContaining("read:orgs/acme/buckets"));
    await page.keyboard.press("ArrowDown");
    await becomes(focused, ["grafana", "buckets"]);
    await page.keyboard.press("End");
    await becomes(focused, ["grafana", "replications"]);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    await becomes(focused, ["", "Token"]);
    await page.keyboard.press("Control+End");
    await becomes(focused, ["platform", "replications"]);
    await becomes(tipIsVisible, true);
    await page.keyboard.press("Escape");
    await becomes(tipIsVisible, false);
    // On a slow machine the event of the scrolling that brought the cell into view comes after Escape.
    await page.evaluate("frame.dispatchEvent(new Event('scroll'))");
    expect(await tipIsVisible()).toBe(false);
    await becomes(() => page.locator("#matrix [tabindex='0']").count(), 1);
  });

  it("filters by words, by change and by risk, and says how many are left", async () => {
    await open(SAMPLE);
    await page.keyboard.press("/");
    await page.keyboard.type("write:orgs/acme/tasks");
    await becomes(rowsShown, 2);
    await becomes(() => page.locator("#count").innerText(), "2 of 9 tokens");
    await page.keyboard.press("Escape");
    await becomes(rowsShown, 9);
    await page.locator("#changes").check();
    await becomes(rowsShown, 7);
    await page.locator("#risks").check();
    await becomes(rowsShown, 1);
    await page.locator("#find").fill("nothing like it");
    await becomes(() => page.locator("#none").isVisible(), true);
  });

  it("can hide the types that nobody uses", async () => {
    await open(SAMPLE.filter(({ name }) => name === "ci"));
    await becomes(() => page.locator("#matrix thead th:visible").count(), 25);
    await page.locator("#used").check();
    const heads = ["Token", "Change", "Risks", "buckets", "dashboards", "tasks"];
    await becomes(() => page.locator("#matrix thead th:visible").allInnerTexts(), heads);
  });

  it("stays usable with 200 tokens: headers in view, and an answer at once", async () => {
    await open(MANY);
    await page.locator("#matrix [tabindex='0']").focus();
    for (let n = 0; n < 12; n += 1) await page.keyboard.press("PageDown");
    await page.keyboard.press("End");
    const seen = async (selector: string) => {
      const box = await page.locator(selector).boundingBox();
      return (
        box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= 1280 && box.y + box.height <= 800
      );
    };
    await becomes(() => seen("#matrix thead th:last-child"), true);
    await becomes(() => seen("#matrix [tabindex='0']"), true);
    await becomes(() => seen("#matrix tr:has([tabindex='0']) th"), true);
    const started = Date.now();
    await page.locator("#find").fill("break-glass");
    await becomes(rowsShown, 22);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  it("tells what comes and goes without colour, too", async () => {
    await open(SAMPLE);
    await becomes(() => page.locator(".mark.add").first().innerText(), expect.stringMatching(/^\+/));
    await becomes(() => page.locator("#matrix .mark.gone").first().innerText(), expect.stringMatching(/^−/));
    await becomes(() => look("#matrix .mark.gone", "textDecorationLine"), "line-through");
    await becomes(() => page.locator("tr:has(b:text-is('break-glass')) .mark").first().innerText(), "R*");
  });

  it.each(["light", "dark"] as const)("has enough contrast in %s", async (colorScheme) => {
    await open([...SAMPLE, { name: "open", after: { readTasks: true, readBucket: [WIRE_UNKNOWN] } }], {
      colorScheme,
    });
    const pairs = [
      "body",
      "th small",
      ".mark.r",
      ".mark.w",
      ".mark.add",
      ".mark.q",
      ".tag.open",
      ".tag.delete",
    ];
    for (const name of [...pairs, ".tag.replace", ".tag.create", ".tag.update", ".soft", "thead th"]) {
      const ratio = await page.evaluate<number>(CONTRAST.replace("SELECTOR", JSON.stringify(name)));
      expect({ name, enough: ratio >= 4.5, ratio }).toEqual({ name, enough: true, ratio });
    }
  });

  it("shows names as they are, whatever they look like", async () => {
    const evil = `<script>window.evil = 1</script><img src=x onerror="window.evil = 2">`;
    await open([{ name: evil, after: { org: evil, user: evil, description: evil, readTasks: true } }]);
    await becomes(() => page.locator("#matrix tbody th b").innerText(), evil);
    await page.locator("#matrix tbody th").hover();
    await becomes(tip, expect.stringContaining(evil));
    expect(await page.evaluate("window.evil")).toBeUndefined();
    await becomes(() => page.locator("img, script").count(), 1);
  });

  it("fits a narrow screen, where only the table scrolls sideways", async () => {
    await open(SAMPLE, { viewport: { width: 390, height: 800 } });
    await becomes(() => page.evaluate<number>("document.documentElement.scrollWidth"), 390);
    await becomes(() => page.evaluate<boolean>("frame.scrollWidth > frame.clientWidth"), true);
  });

  it("prints everything: no tools, no frame, every permission in full", async () => {
    await open(SAMPLE);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await page.emulateMedia({ media: "print" });
    await becomes(() => page.locator("#tools").isVisible(), false);
    await becomes(() => look("#frame", "overflow"), "visible");
    await becomes(async () => (await page.locator(".full li:visible").count()) > 90, true);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    await becomes(() => page.locator(".full details[open]").count(), 0);
  });

  it("shows everything without scripts", async () => {
    await open(SAMPLE, { javaScriptEnabled: false });
    await becomes(() => page.locator("#matrix tbody tr").count(), 9);
    await becomes(() => page.locator("#tools").isVisible(), false);
    await page.locator(".full summary").first().click();
    const first = page.locator(".full details[open] li").first();
    await becomes(() => first.innerText(), "+ read:orgs/acme/dashboards");
  });

  it("tells the server, how bad a risk is, and what is left behind", async () => {
    const left = { name: "old-agent", before: { writeBucket: ["00000000000000c1"] }, retainOnDelete: true };
    await open([...SAMPLE, left]);
    await becomes(
      () => page.locator("header").innerText(),
      expect.stringContaining("Server: https://influxdb.example.com:8086"),
    );
    const row = (name: string) => page.locator(`#matrix tbody tr:has(th b:text-is("${name}"))`);
    await becomes(
      () => row("platform").locator(".risks").innerText(),
      expect.stringContaining("all-access token · high"),
    );
    await becomes(
      () => row("break-glass").locator(".risks").innerText(),
      expect.stringContaining("operator token · critical"),
    );
    await becomes(
      () => row("old-agent").locator(".change").innerText(),
      expect.stringMatching(/left behind\s*retainOnDelete/),
    );
    const meanings = page.locator("section:has(h2:text('What the risks mean'))");
    await becomes(() => meanings.innerText(), expect.stringContaining("(all-access-token, high)"));
  });

  it("says what is not known, and that there is nothing", async () => {
    await open([{ name: "later", after: { readTasks: true, readBucket: [WIRE_UNKNOWN] } }]);
    await page.locator("#matrix tbody .mark.q").hover();
    await becomes(tip, expect.stringContaining("1 bucket is not known before pulumi up"));
    await page.close();
    await openPreview(JSON.stringify({ steps: [{ op: "same", urn: "urn:x" }], changeSummary: { same: 1 } }));
    await becomes(() => page.locator("body").innerText(), expect.stringContaining("No InfluxDB tokens."));
  });
});

/** Contrast of the first such element's text with what is behind it, as WCAG 2 counts it. */
const CONTRAST = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const element = document.querySelector(SELECTOR);
  let behind = element;
  while (channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const a = light(channels(getComputedStyle(element).color));
  const b = light(channels(getComputedStyle(behind).backgroundColor));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
})()`;
