import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseDocument } from "yaml";
import { environmentOf, succeeded } from "../../../scripts/engine";
import { findOrInstallPulumiCli } from "../../../scripts/pulumiCli";
import type { Permission } from "../../../provider/types";
import { run, type RunResult } from "../../../scripts/run";
import { startServer, type TestServer } from "../../support/influxdb";
import { CANNOT_START, packWithoutLanguageHost, tellOfCopy } from "../../support/policyPack";

const ROOT = join(__dirname, "..", "..", "..");

/** The example as it is in this checkout. */
export const EXAMPLE = join(ROOT, "examples", "gitops");

/** A marked passphrase: easy to look for where it must not be. */
const PASSPHRASE = "passphrase-that-must-not-leak";

/** The example as a user has it who followed docs/gitops.md: one stack, a server of its own, and a copy for each host. */
export interface Repository {
  readonly server: TestServer;
  /** What the docs tell to store at the host, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Makes a copy and gives its folder: where the jobs of one host run. */
  clone(name: string): Promise<string>;
  /**
   * Runs a script as both hosts do, with this environment and no other setting of the caller's.
   *
   * @param paths folders that come first in the PATH.
   */
  readonly bash: (
    folder: string,
    script: string,
    env: Record<string, string>,
    paths?: string[],
  ) => Promise<RunResult>;
  /** Sets the inputs of one token in a team's file of a copy. */
  declare(folder: string, name: string, inputs: object): Promise<void>;
  /** Sets one input of a token there. */
  set(folder: string, name: string, input: string, value: string): Promise<void>;
  dispose(): Promise<void>;
}

export async function openRepository(): Promise<Repository> {
  const server = await startServer();
  const base = await mkdtemp(join(tmpdir(), "influx-token-gitops-"));
  const original = join(base, "original");
  await Promise.all(["home", "state", "tmp", "bin"].map((name) => mkdir(join(base, name))));
  await cp(EXAMPLE, original, { recursive: true, filter: (path) => !path.includes("node_modules") });
  const installed = join(base, "package");
  await linkPackage(installed);
  await standInForNpm(join(base, "bin", "npm"), installed);

  const env = environmentOf(base, (await findOrInstallPulumiCli()).path);
  // A job gets these from its own definition only, and this may be a CI itself.
  const own = /^(PULUMI_(BACKEND_URL|CONFIG_PASSPHRASE)|(CI|GITHUB|GITLAB)(_.*)?)$/;
  const runner = Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
  const bash: Repository["bash"] = (folder, script, extra, paths = []) =>
    run("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      cwd: folder,
      env: {
        ...runner,
        PATH: [...paths, join(base, "bin"), runner["PATH"] ?? ""].join(delimiter),
        CI: "true",
        ...extra,
      },
      timeoutMs: 120_000,
    });

  const secrets = {
    PULUMI_BACKEND_URL: env["PULUMI_BACKEND_URL"] ?? "",
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    INFLUX_TOKEN: server.operatorToken,
    INFLUX_READ_TOKEN: await readingToken(server),
    INFLUX_PREFLIGHT_TOKEN: await readingToken(server, [
      { action: "read", resource: { type: "orgs", id: server.orgId } },
      { action: "read", resource: { type: "buckets", orgID: server.orgId } },
    ]),
  };
  // What docs/gitops.md tells to do once, by hand.
  const once = `pulumi stack init prod && pulumi config set --stack prod influx-token:host ${server.url}`;
  succeeded(await bash(original, once, secrets));
  const pack = join(installed, "policy");
  const tried = await bash(
    original,
    `npm ci --ignore-scripts && pulumi preview --policy-pack ${pack}`,
    secrets,
  );
  await rm(join(original, "node_modules"), { recursive: true });
  if (CANNOT_START.test(tried.stdout + tried.stderr)) {
    tellOfCopy();
    await rm(pack);
    await packWithoutLanguageHost(join(ROOT, "policy"), pack, env["PULUMI_HOME"] ?? "");
  }

  return {
    server,
    secrets,
    bash,
    async clone(name) {
      const folder = join(base, name);
      await cp(original, folder, { recursive: true });
      return folder;
    },
    declare: (folder, name, inputs) => edit(folder, [name], inputs),
    set: (folder, name, input, value) => edit(folder, [name, input], value),
    async dispose() {
      await rm(base, { recursive: true, force: true });
      await server.close();
    },
  };
}

/** Sets what is at the path in a team's file of a copy. */
async function edit(folder: string, path: readonly string[], value: unknown): Promise<void> {
  const file = join(folder, "tokens", "platform.yaml");
  const document = parseDocument(await readFile(file, "utf8"));
  document.setIn(path, document.createNode(value));
  await writeFile(file, document.toString());
}

/** A token that may do no more than docs/gitops.md says that the drift check needs, and what else a preflight does. */
async function readingToken(server: TestServer, more: readonly Permission[] = []): Promise<string> {
  const { orgId: orgID } = server;
  const permissions = [
    { action: "read", resource: { type: "authorizations", orgID } },
    { action: "read", resource: { type: "users" } },
    ...more,
  ];
  return (await server.call<{ token: string }>("POST", "/api/v2/authorizations", { orgID, permissions }))
    .token;
}

/** This checkout's package, part by part. */
async function linkPackage(folder: string): Promise<void> {
  await mkdir(folder);
  const parts = (await readdir(ROOT)).filter((name) => name !== "node_modules");
  await Promise.all(parts.map((name) => symlink(join(ROOT, name), join(folder, name))));
}

/**
 * The package is not published and a test asks no registry: `npm ci` links this checkout's package, built before, and
 * the SDK. Everything else that a job runs is real.
 */
async function standInForNpm(path: string, installed: string): Promise<void> {
  await writeFile(
    path,
    `#!/bin/sh
[ "$*" = "ci --ignore-scripts" ] || { echo "only npm ci --ignore-scripts is stood in for, not npm $*" >&2; exit 1; }
mkdir -p node_modules/.bin node_modules/@pulumi
ln -sfn '${installed}' node_modules/pulumi-influx-token
ln -sfn '${join(ROOT, "node_modules", "@pulumi", "pulumi")}' node_modules/@pulumi/pulumi
ln -sfn '${join(ROOT, "node_modules", "@pulumi", "policy")}' node_modules/@pulumi/policy
ln -sf ../pulumi-influx-token/dist/cli/main.js node_modules/.bin/influx-token
chmod +x node_modules/.bin/influx-token
`,
  );
  await chmod(path, 0o755);
}
