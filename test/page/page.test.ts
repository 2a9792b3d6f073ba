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
  afterEach(() => page.close());

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
    // A page that breaks its own policy, or one that reaches out, is no use to anybody.
    expect(problems).toEqual([]);
    expect(requests).toHaveLength(1);
  }

  const focused = () =>
    page.evaluate<[string, string]>(`(() => {
      const cell = document.activeElement.closest("th, td");
      const head = document.querySelector("#matrix thead tr").cells[cell.cellIndex];
      return [cell.closest("tr").cells[0].querySelector("b")?.textContent ?? "", head.textContent];
    })()`);
  const told = () => page.locator("#tip").innerText();
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
    expect(await told()).toBe("ci · tasks\n+ write:orgs/acme/tasks\n  read:orgs/acme/tasks");
    expect(await cell("grafana", "dashboards").getAttribute("aria-label")).toBe(
      "dashboards: removed write:orgs/acme/dashboards; read:orgs/acme/dashboards",
    );
    await page.locator("h1").hover();
    expect(await page.locator("#tip").isVisible()).toBe(false);
  });

  it("is read by arrow keys from one stop of Tab", async () => {
    await open(SAMPLE);
    await page.locator("#used").focus();
    await page.keyboard.press("Tab");
    // A scrolling area is a stop of its own in some browsers.
    if ((await page.evaluate<string>("document.activeElement.id")) === "frame")
      await page.keyboard.press("Tab");
    expect(await focused()).toEqual(["ci", "Token"]);
    for (let n = 0; n < 4; n += 1) await page.keyboard.press("ArrowRight");
    expect(await focused()).toEqual(["ci", "buckets"]);
    expect(await told()).toContain("read:orgs/acme/buckets");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toEqual(["grafana", "buckets"]);
    await page.keyboard.press("End");
    expect(await focused()).toEqual(["grafana", "replications"]);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    expect(await focused()).toEqual(["", "Token"]);
    await page.keyboard.press("Control+End");
    expect(await focused()).toEqual(["platform", "replications"]);
    expect(await page.locator("#tip").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.locator("#tip").isVisible()).toBe(false);
    expect(await page.locator("#matrix [tabindex='0']").count()).toBe(1);
  });

  it("filters by words, by change and by risk, and says how many are left", async () => {
    await open(SAMPLE);
    await page.keyboard.press("/");
    await page.keyboard.type("write:orgs/acme/tasks");
    expect(await rowsShown()).toBe(2);
    expect(await page.locator("#count").innerText()).toBe("2 of 9 tokens");
    await page.keyboard.press("Escape");
    expect(await rowsShown()).toBe(9);
    await page.locator("#changes").check();
    expect(await rowsShown()).toBe(7);
    await page.locator("#risks").check();
    expect(await rowsShown()).toBe(1);
    await page.locator("#find").fill("nothing like it");
    expect(await page.locator("#none").isVisible()).toBe(true);
  });

  it("can hide the types that nobody uses", async () => {
    await open(SAMPLE.filter(({ name }) => name === "ci"));
    expect(await page.locator("#matrix thead th:visible").count()).toBe(25);
    await page.locator("#used").check();
    expect(await page.locator("#matrix thead th:visible").allInnerTexts()).toEqual([
      "Token",
      "Change",
      "Risks",
      "buckets",
      "dashboards",
      "tasks",
    ]);
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
    expect(await seen("#matrix thead th:last-child")).toBe(true);
    expect(await seen("#matrix [tabindex='0']")).toBe(true);
    expect(await seen("#matrix tr:has([tabindex='0']) th")).toBe(true);
    const started = Date.now();
    await page.locator("#find").fill("break-glass");
    expect(await rowsShown()).toBe(22);
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  it("tells what comes and goes without colour, too", async () => {
    await open(SAMPLE);
    expect(await page.locator(".mark.add").first().innerText()).toMatch(/^\+/);
    expect(await page.locator("#matrix .mark.gone").first().innerText()).toMatch(/^−/);
    expect(await look("#matrix .mark.gone", "textDecorationLine")).toBe("line-through");
    expect(await page.locator("tr:has(b:text-is('break-glass')) .mark").first().innerText()).toBe("R*");
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
    expect(await page.locator("#matrix tbody th b").innerText()).toBe(evil);
    await page.locator("#matrix tbody th").hover();
    expect(await told()).toContain(evil);
    expect(await page.evaluate("window.evil")).toBeUndefined();
    expect(await page.locator("img, script").count()).toBe(1);
  });

  it("fits a narrow screen, where only the table scrolls sideways", async () => {
    await open(SAMPLE, { viewport: { width: 390, height: 800 } });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(390);
    expect(await page.evaluate<boolean>("frame.scrollWidth > frame.clientWidth")).toBe(true);
  });

  it("prints everything: no tools, no frame, every permission in full", async () => {
    await open(SAMPLE);
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#tools").isVisible()).toBe(false);
    expect(await look("#frame", "overflow")).toBe("visible");
    expect(await page.locator(".full li:visible").count()).toBeGreaterThan(90);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await page.locator(".full details[open]").count()).toBe(0);
  });

  it("shows everything without scripts", async () => {
    await open(SAMPLE, { javaScriptEnabled: false });
    expect(await page.locator("#matrix tbody tr").count()).toBe(9);
    expect(await page.locator("#tools").isVisible()).toBe(false);
    await page.locator(".full summary").first().click();
    expect(await page.locator(".full details[open] li").first().innerText()).toBe(
      "+ read:orgs/acme/dashboards",
    );
  });

  it("tells the server, how bad a risk is, and what is left behind", async () => {
    const left = { name: "old-agent", before: { writeBucket: ["00000000000000c1"] }, retainOnDelete: true };
    await open([...SAMPLE, left]);
    expect(await page.locator("header").innerText()).toContain("Server: https://influxdb.example.com:8086");
    const row = (name: string) => page.locator(`#matrix tbody tr:has(th b:text-is("${name}"))`);
    expect(await row("platform").locator(".risks").innerText()).toContain("all-access token · high");
    expect(await row("break-glass").locator(".risks").innerText()).toContain("operator token · critical");
    expect(await row("old-agent").locator(".change").innerText()).toMatch(/left behind\s*retainOnDelete/);
    expect(await page.locator("section:has(h2:text('What the risks mean'))").innerText()).toContain(
      "(all-access-token, high)",
    );
  });

  it("says what is not known, and that there is nothing", async () => {
    await open([{ name: "later", after: { readTasks: true, readBucket: [WIRE_UNKNOWN] } }]);
    await page.locator("#matrix tbody .mark.q").hover();
    expect(await told()).toContain("1 bucket is not known before pulumi up");
    await page.close();
    await openPreview(JSON.stringify({ steps: [{ op: "same", urn: "urn:x" }], changeSummary: { same: 1 } }));
    expect(await page.locator("body").innerText()).toContain("No InfluxDB tokens.");
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
