/**
 * Says before anything is registered that Pulumi's host will not find the provider.
 *
 * Leans on: the host resolves the stub's `require` from the program's folder (`getProvider` in
 * `cmd/dynamic-provider`); `cmd/run` sets `PULUMI_NODEJS_ENGINE` and `PULUMI_NODEJS_ROOT_DIRECTORY`; and
 * `createRequire` of Node.js. The same in 3.216 to 3.270.
 * When it changes: the host's own `Cannot find module` takes the place of our message; or a layout that would work is
 * refused, before anything is made.
 * Seen by: test/e2e/stub, test/e2e/sdkRange, test/unit/pulumiHost/stubResolution.
 */
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Says what to do where Pulumi's host will not find what the stub in the state requires, and nothing where it will.
 *
 * The host runs in the program's folder and looks in `node_modules` there and above: not beside the module that makes
 * the token. The two differ where a component of another package makes it, and each package sees its own dependencies
 * only (pnpm, npm's `install-strategy=linked`).
 *
 * @param request what the stub requires: package and subpath.
 * @param folders where the program runs; the host's folder is among them. None: nobody knows, so nothing is said.
 */
export function unresolvedStub(request: string, folders: readonly string[]): string | undefined {
  if (folders.length === 0 || folders.some((folder) => isFoundFrom(folder, request))) return undefined;
  const name = request.slice(0, request.lastIndexOf("/"));
  return (
    `${name} is not among the packages that the program itself can load, and Pulumi loads the provider of its tokens ` +
    `from the program's folder, ${String(folders[0])}, also where a component of another package makes the token. ` +
    `Add ${name} to "dependencies" in the program's own package.json, in the version that the component has, and install.`
  );
}

/** A file in `node_modules`, where there is none: there a package does not find itself by its own name, as in the host. */
function isFoundFrom(folder: string, request: string): boolean {
  try {
    createRequire(join(folder, "node_modules", "_.js")).resolve(request);
    return true;
  } catch {
    return false;
  }
}

/** Before the program had a chance to go elsewhere. */
const folderAtStart = workingFolder();

/**
 * Where a program runs that Pulumi started. Empty in a unit test, in an inline program of the automation API, whose
 * host may run in another folder, and under Yarn's Plug'n'Play, which finds packages in its own way.
 */
export function programFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  if (!env["PULUMI_NODEJS_ENGINE"] || process.versions["pnp"] !== undefined) return [];
  const folders = [folderAtStart, workingFolder(), env["PULUMI_NODEJS_ROOT_DIRECTORY"]];
  return folders.filter((folder): folder is string => folder !== undefined && folder !== "");
}

/** A folder that was removed cannot be named. */
function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
