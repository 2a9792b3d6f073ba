import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../../cli/run";
import { WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { previewOf, SAMPLE, type SampleToken } from "../../../scripts/screenshots/sample";

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
    expect(out).toMatch(
      /^Server: https:\/\/influxdb\.example\.com:8086\n\nName +Organization +Owner +Change +Permissions +Severity +Risks\n/,
    );
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

  it("fails from a severity upwards, and for ids beside it", async () => {
    const of = async (...tokens: SampleToken[]) => {
      writeFileSync(file, previewOf(tokens));
      const asked = ["critical", "high", "medium", "low", "high,system-bucket", "any"];
      const codes = await Promise.all(asked.map((each) => run(["report", file, "--fail-on", each])));
      return codes.map(({ code }) => code);
    };
    expect(await of({ name: "a", after: { operator: true } })).toEqual([2, 2, 2, 2, 2, 2]);
    expect(await of({ name: "a", after: { readSecrets: true } })).toEqual([0, 2, 2, 2, 2, 2]);
    expect(await of({ name: "a", after: { writeBuckets: true } })).toEqual([0, 0, 0, 2, 2, 2]);
    expect(await of({ name: "a", after: { readTasks: true } })).toEqual([0, 0, 0, 0, 0, 0]);
    // What is left behind works on.
    const left = { name: "a", before: { readSecrets: true }, retainOnDelete: true };
    expect(await of(left)).toEqual([0, 2, 2, 2, 2, 2]);
    expect(await of({ ...left, retainOnDelete: false })).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await of({ name: "a", after: { readTasks: true, operator: WIRE_UNKNOWN as never } })).toEqual([
      2, 2, 2, 2, 2, 2,
    ]);
  });

  it("does not let pass what shows changes only, from wherever it is read", async () => {
    const preview = JSON.parse(previewOf([{ name: "a", after: { readTasks: true } }])) as {
      changeSummary: object;
    };
    const part = JSON.stringify({ ...preview, changeSummary: { create: 1, same: 2 } });
    writeFileSync(file, part);
    const env = { PULUMI_CLI: fakePulumi(`cat preview.json`) };
    for (const [args, options] of [
      [[file], {}],
      [["-"], { stdin: part }],
      [[], { env }],
    ] as const) {
      const gate = await run(["report", ...args, "--fail-on", "critical"], options);
      expect([gate.code, gate.err]).toEqual([1, expect.stringContaining("--show-sames")]);
      expect(gate.out).toContain("unchanged ones are not in this preview");
      const { code, out } = await run(["report", ...args], options);
      expect([code, out]).toEqual([0, gate.out]);
    }
    const none = JSON.stringify({ steps: [{ op: "same", urn: "urn:x" }], changeSummary: { same: 3 } });
    for (const format of [[], ["--markdown"]])
      expect((await run(["report", "-", ...format], { stdin: none })).out).not.toContain(
        "No InfluxDB tokens",
      );
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
      "preview --json --show-sames --show-replacement-steps --non-interactive --stack prod\n",
    );
    const state = { PULUMI_CLI: fakePulumi(`echo "$@" > args; echo '{"deployment":{}}'`) };
    expect((await run(["report", "--state", "--cwd", folder], { env: state })).out).toBe(
      "No InfluxDB tokens.\n",
    );
    expect(readFileSync(join(folder, "args"), "utf8")).toBe("stack export --non-interactive\n");
  });

  it("takes pulumi from the PATH where PULUMI_CLI names none", async () => {
    fakePulumi("cat preview.json");
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    expect((await run(["report"], { env })).out).toContain("break-glass");
  });

  it("says that the engine cannot be run, or was killed", async () => {
    const program = join(folder, "not-executable");
    writeFileSync(program, "");
    chmodSync(program, 0o644);
    const denied = await run(["report"], { env: { PULUMI_CLI: program } });
    expect([denied.code, denied.err]).toEqual([
      1,
      expect.stringMatching(/^influx-token: cannot run .*EACCES/),
    ]);
    const killed = await run(["report", "--state"], { env: { PULUMI_CLI: fakePulumi("kill -9 $$") } });
    expect([killed.code, killed.err]).toEqual([
      1,
      "influx-token: `pulumi stack export` printed nothing and was ended by a signal\n",
    ]);
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
    const silent = await run(["report"], { env: { PULUMI_CLI: fakePulumi("cat preview.json; exit 3") } });
    expect([silent.code, silent.out]).toEqual([1, ""]);
    expect(silent.err).toContain("--show-replacement-steps` ended with exit code 3");
    const garbled = await run(["report"], {
      env: { PULUMI_CLI: fakePulumi("echo error: no stack; exit 255") },
    });
    expect([garbled.code, garbled.err]).toEqual([
      1,
      expect.stringMatching(
        /^influx-token: the preview failed:\n`pulumi preview .*` ended with exit code 255\n$/,
      ),
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
