import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../../report/run";
import { previewOf, SAMPLE } from "../../../scripts/screenshots/sample";

describe("influx-token report", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "report-"));
    file = join(folder, "preview.json");
    writeFileSync(file, previewOf(SAMPLE));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(
    args: string[],
    {
      env = {},
      stdin = "",
      isTerminal = false,
    }: { env?: NodeJS.ProcessEnv; stdin?: string; isTerminal?: boolean } = {},
  ): Promise<{ code: number; out: string; err: string }> {
    let out = "";
    let err = "";
    const code = await runCommand(args, {
      env: { PATH: process.env["PATH"], ...env },
      cwd: folder,
      isTerminal,
      version: "1.2.3",
      readStdin: () => Promise.resolve(stdin),
      out: (text) => (out += text),
      err: (text) => (err += text),
    });
    return { code, out, err };
  }

  /** A program that stands in for the engine: what is tested is how it is called and what becomes of its answer. */
  function fakePulumi(script: string): string {
    const path = join(folder, "pulumi");
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it("prints a table", async () => {
    const { code, out, err } = await run(["report", file]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Name +Organization +Owner +Change +Permissions +Risks\n/);
  });

  it("reads standard input", async () => {
    const { out } = await run(["report", "-"], { stdin: previewOf(SAMPLE) });
    expect(out).toContain("break-glass");
  });

  it("prints JSON and no headers as flags and environment ask, and the flag for Markdown wins", async () => {
    const { tokens } = JSON.parse((await run(["report", file, "--json"])).out) as { tokens: unknown[] };
    expect(tokens).toHaveLength(SAMPLE.length);
    expect((await run(["report", file], { env: { INFLUX_OUTPUT_JSON: "t" } })).out).toMatch(/^\{/);
    expect((await run(["report", file], { env: { INFLUX_HIDE_HEADERS: "1" } })).out).not.toContain(
      "Organization",
    );
    expect((await run(["report", file, "--hide-headers"])).out).not.toContain("Organization");
    const markdown = await run(["report", file, "--markdown"], { env: { INFLUX_OUTPUT_JSON: "true" } });
    expect(markdown.out).toMatch(/^### /);
    const wrong = await run(["report", file], { env: { INFLUX_OUTPUT_JSON: "maybe" } });
    expect([wrong.code, wrong.err]).toEqual([
      1,
      'influx-token: INFLUX_OUTPUT_JSON must be true or false, not "maybe"\n',
    ]);
  });

  it("has colours in a terminal only, and not against its will", async () => {
    const escape = "\u001b[";
    expect((await run(["report", file])).out).not.toContain(escape);
    expect((await run(["report", file], { isTerminal: true })).out).toContain(escape);
    expect((await run(["report", file], { isTerminal: true, env: { NO_COLOR: "1" } })).out).not.toContain(
      escape,
    );
    expect((await run(["report", file], { isTerminal: true, env: { TERM: "dumb" } })).out).not.toContain(
      escape,
    );
  });

  it("writes a page, and says so", async () => {
    const page = join(folder, "report.html");
    const { code, out, err } = await run(["report", file, "--html", page]);
    expect([code, out]).toEqual([0, ""]);
    expect(err).toContain(`Wrote ${page}. InfluxDB tokens: 3 to replace`);
    expect(readFileSync(page, "utf8")).toContain("<!doctype html>");
    expect((await run(["report", file, "--html", page, "--json"])).out).toMatch(/^\{/);
  });

  it("fails where a token has a risk that is asked for", async () => {
    const { code, out, err } = await run(["report", file, "--fail-on", "all-access-token,operator-token"]);
    expect([code, err]).toEqual([2, "influx-token: platform has the risk all-access-token\n"]);
    expect(out).toContain("platform");
    expect((await run(["report", file, "--fail-on", "operator-token"])).code).toBe(0);
    expect((await run(["report", file, "--fail-on", "any"])).code).toBe(2);
  });

  it.each<[string[], string]>([
    [["--fail-on", "operator-tokn"], 'did you mean "operator-token"?'],
    [["--fail-on", ""], "is not a risk"],
    [["--json", "--markdown"], "cannot be used with"],
    [["--nothing"], "unknown option '--nothing'"],
    [["a", "b"], "too many arguments"],
    [["--stack", "dev", "-"], "nothing is run where a file is given"],
    [["missing.json"], "ENOENT"],
    [["-"], "this is not what `pulumi preview --json` prints"],
    [["--state", "-"], "this is not what `pulumi stack export` prints"],
    [["--html", "/nowhere/at/all", "preview"], "ENOENT"],
  ])("refuses %j", async (args, message) => {
    const { code, out, err } = await run(["report", ...args]);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(message);
  });

  it("helps a newcomer", async () => {
    const { code, out } = await run(["report", "--help"]);
    expect(code).toBe(0);
    for (const part of [
      "Examples:",
      "Exit codes:",
      "Environment:",
      "--fail-on",
      "operator-token",
      "never shown",
    ]) {
      expect(out).toContain(part);
    }
    expect((await run(["--version"])).out).toBe("1.2.3\n");
    expect((await run([])).err).toContain("Usage: influx-token");
  });

  it("runs the engine where no file is given", async () => {
    const env = { PULUMI_CLI: fakePulumi(`echo "$@" > args; pwd > folder; cat preview.json`) };
    expect((await run(["report", "--stack", "prod"], { env })).out).toContain("break-glass");
    expect(readFileSync(join(folder, "args"), "utf8")).toBe(
      "preview --json --show-sames --non-interactive --stack prod\n",
    );
    const state = { PULUMI_CLI: fakePulumi(`echo "$@" > args; echo '{"deployment":{}}'`) };
    expect((await run(["report", "--state", "--cwd", folder], { env: state })).out).toBe(
      "No InfluxDB tokens.\n",
    );
    expect(readFileSync(join(folder, "args"), "utf8")).toBe("stack export --non-interactive\n");
  });

  it("says what is wrong with the engine", async () => {
    const missing = await run(["report"], { env: { PULUMI_CLI: join(folder, "missing") } });
    expect([missing.code, missing.err]).toEqual([
      1,
      expect.stringContaining("Install Pulumi, name it in PULUMI_CLI"),
    ]);
    const mute = await run(["report"], { env: { PULUMI_CLI: fakePulumi("exit 7") } });
    expect([mute.code, mute.err]).toEqual([
      1,
      expect.stringContaining("printed nothing and ended with exit code 7"),
    ]);
    const failed = JSON.stringify({
      steps: [],
      changeSummary: {},
      diagnostics: [{ severity: "error", message: "no" }],
    });
    const { code, err, out } = await run(["report", "--html", join(folder, "page")], {
      env: { PULUMI_CLI: fakePulumi(`echo '${failed}'; exit 1`) },
    });
    expect([code, err, out]).toEqual([1, "influx-token: the preview failed:\nno\n", ""]);
    expect(existsSync(join(folder, "page"))).toBe(false);
  });
});
