import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildResult, type Metafile, type Plugin } from "esbuild";

const ROOT = join(__dirname, "..", "..");
const PLUGIN = join(ROOT, "plugin");
const NAME = "pulumi-resource-influx-token";

/** Wherever the folder is put: where a `package.json` above it says `module`, Node.js would take the file for another format. */
const MANIFEST = `${JSON.stringify({ type: "commonjs" })}\n`;

/** Windows starts no file for its first line. */
const COMMAND = `@node "%~dp0${NAME}" %*\r\n`;

/** The types of all files there are, for forms that are sent with a file: a tenth of the bundle, and no token has a form. */
const NO_MEDIA_TYPES: Plugin = {
  name: "no-media-types",
  setup: (setup) => {
    setup.onLoad({ filter: /[\\/]mime-db[\\/]db\.json$/ }, () => ({ contents: "{}", loader: "json" }));
  },
};

/**
 * Packs a plugin and all that it needs into one file that any Node.js from version 20 on runs, and puts it into a folder
 * as the engine looks for it there.
 *
 * @param entryPoint path of its main file, from the root of this repository.
 */
export async function bundle(entryPoint: string, folder: string): Promise<BuildResult<{ metafile: true }>> {
  const outfile = join(folder, NAME);
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    define: { SCHEMA: JSON.stringify(readFileSync(join(PLUGIN, "schema.json"), "utf8")) },
    // They read their definitions from files beside them, which a bundle has not; no service here asks for it.
    external: ["@grpc/proto-loader"],
    plugins: [NO_MEDIA_TYPES],
    // Without comments and white space it is a fifth smaller; stack traces keep their names, and have lines.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 500,
    // The licences of all that is inside are in a file beside it.
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  chmodSync(outfile, 0o755);
  return result;
}

/** The packages that a bundle has something of, by their folders below `node_modules`. */
function packagesIn({ inputs }: Metafile): string[] {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.slice(0, 1) ?? [],
  );
  return [...new Set(folders)].sort();
}

/** The packages that a bundle has something of, each licence once. */
function licencesOf(metafile: Metafile): string {
  const packages = new Map<string, string[]>();
  for (const folder of packagesIn(metafile)) {
    const read = (file: string): string => readFileSync(join(ROOT, folder, file), "utf8");
    const { name, version, license } = JSON.parse(read("package.json")) as Record<string, string>;
    const files = readdirSync(join(ROOT, folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const text = files.map((file) => read(file).trim()).join("\n\n");
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...packages]
    .map(([text, names]) => `${names.join("\n")}\n\n${text}\n`)
    .join(`\n${"-".repeat(80)}\n\n`);
}

async function main(): Promise<void> {
  const { metafile } = await bundle("native/main.ts", PLUGIN);
  writeFileSync(join(PLUGIN, `${NAME}.cmd`), COMMAND);
  writeFileSync(join(PLUGIN, "package.json"), MANIFEST);
  writeFileSync(join(PLUGIN, "LICENSES.txt"), licencesOf(metafile));
}

if (require.main === module) void main();
