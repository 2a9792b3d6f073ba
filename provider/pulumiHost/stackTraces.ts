/**
 * Shortens the stack traces that the SDK takes while a resource is constructed.
 *
 * Leans on: V8's `Error.prepareStackTrace`; the SDK's `Resource.stackTrace`, which reads `new Error().stack` in the
 * constructor, and the name of its function `debuggablePromise` (`runtime/debuggable`), which takes a trace for each
 * promise. The same in 3.216 to 3.270; SDKs before sent no trace.
 * When it changes: programs take a third longer, and states grow by about 550 bytes a token. No token depends on it.
 * Seen by: test/e2e/sdkRange, test/e2e/costs, test/unit/pulumiHost/stackTraces.
 */

/** A frame; written out, it is what V8 puts after "at". */
interface Site extends NodeJS.CallSite {
  toString(): string;
}

/** V8's hook; absent where nobody set one. */
const hook: { prepareStackTrace?: ((error: Error, sites: Site[]) => unknown) | undefined } = Error;

/** Frames that are never the program's own: Node.js itself, and packages, among them the host that runs the program. */
const FOREIGN_FILE = /^node:|[\\/]node_modules[\\/]/;

/**
 * The function of the SDK that takes a stack trace for each promise of a resource, a dozen for a token. It is shown
 * only where PULUMI_DEBUG_PROMISE_LEAKS asks for it, and to write it takes most of a program's time.
 */
const LEAK_DETECTOR = "debuggablePromise";

/**
 * Leaves out of stack traces, until the returned function is called, what is below the program's own last frame: how
 * Node.js and Pulumi's host came to run it. The SDK takes a stack trace for each resource, and the engine writes it into
 * every checkpoint: the host's frames are the same for all, help no reader, and are a quarter of a token's bytes.
 *
 * @param bases constructors whose frames are left out, too: the SDK takes the frame below that of one class for the
 *   program's.
 */
export function shortenStackTraces(...bases: readonly string[]): () => void {
  const { prepareStackTrace } = hook;
  // What Node.js does itself with --enable-source-maps, nobody else can.
  if (prepareStackTrace === undefined && process.sourceMapsEnabled) return () => undefined;
  const format = prepareStackTrace ?? plainly;
  const showsLeaks = Boolean(process.env["PULUMI_DEBUG_PROMISE_LEAKS"]);
  hook.prepareStackTrace = (error, sites) => {
    if (!showsLeaks && sites[0]?.getFunctionName() === LEAK_DETECTOR) return String(error);
    const shown = sites.filter((site) => !bases.includes(site.getFunctionName() ?? ""));
    const last = shown.map(isProgram).lastIndexOf(true);
    return format(error, last === -1 ? shown : shown.slice(0, last + 1));
  };
  return () => {
    hook.prepareStackTrace = prepareStackTrace;
  };
}

function isProgram(site: Site): boolean {
  const file = site.getFileName() ?? "node:";
  return !FOREIGN_FILE.test(file);
}

/** As V8 does where nobody asks for anything else. */
function plainly(error: Error, sites: Site[]): string {
  return [String(error), ...sites.map((site) => `    at ${site.toString()}`)].join("\n");
}
