import { shortenStackTraces } from "../../../provider/pulumiHost/stackTraces";

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => string;
const hook = Error as { prepareStackTrace?: Prepare | undefined };

const site = (file: string | null, name = "f"): NodeJS.CallSite =>
  ({
    getFileName: () => file,
    getFunctionName: () => name,
    toString: () => `${name} (${String(file)}:1:2)`,
  }) as NodeJS.CallSite;

const SDK = "/infra/node_modules/@pulumi/pulumi/resource.js";
const PROGRAM = "/infra/index.ts";
const HELPER = "/infra/tokens.ts";
const HOST = "/infra/node_modules/@pulumi/pulumi/cmd/run/run.js";
const NODE = "node:internal/modules/cjs/loader";

/** The files that are left of a stack trace, with `prior` as what other code has set. */
function left(files: (string | null)[], prior: Prepare | undefined): string[] {
  const original = hook.prepareStackTrace;
  hook.prepareStackTrace = prior;
  try {
    const restore = shortenStackTraces();
    const trace =
      hook.prepareStackTrace?.(
        new Error("x"),
        files.map((file) => site(file)),
      ) ?? "";
    restore();
    expect(hook.prepareStackTrace).toBe(prior);
    return trace.split("\n").slice(1);
  } finally {
    hook.prepareStackTrace = original;
  }
}

describe("shortenStackTraces", () => {
  it("keeps everything down to the program's last frame, and nothing below", () => {
    const trace = left([SDK, SDK, HELPER, SDK, PROGRAM, NODE, HOST, null, HOST], undefined);
    expect(trace).toEqual([SDK, SDK, HELPER, SDK, PROGRAM].map((file) => `    at f (${file}:1:2)`));
  });

  it("lets whoever formatted stack traces before format them still", () => {
    const mapped: Prepare = (error, sites) =>
      [String(error), ...sites.map((one) => `mapped ${String(one.getFileName())}`)].join("\n");
    expect(left([SDK, PROGRAM, HOST], mapped)).toEqual([`mapped ${SDK}`, `mapped ${PROGRAM}`]);
  });

  it("keeps all frames of a program that is itself in a package", () => {
    expect(left([SDK, HOST, NODE], undefined)).toHaveLength(3);
  });

  it("leaves out the frame of a class between the SDK's and the program's", () => {
    const original = hook.prepareStackTrace;
    const restore = shortenStackTraces("Base");
    const sites = [site(SDK), site(HELPER, "Base"), site(HELPER, "Derived"), site(PROGRAM)];
    const trace = hook.prepareStackTrace?.(new Error("x"), sites) ?? "";
    restore();
    expect(hook.prepareStackTrace).toBe(original);
    expect(trace).not.toContain("Base");
    expect(trace.split("\n")).toHaveLength(4);
  });

  describe("of a promise, which the SDK takes a dozen of for each token", () => {
    const traced = (): string => {
      const original = hook.prepareStackTrace;
      const restore = shortenStackTraces();
      const sites = [site(SDK, "debuggablePromise"), site(SDK), site(PROGRAM)];
      const trace = hook.prepareStackTrace?.(new Error("x"), sites) ?? "";
      restore();
      expect(hook.prepareStackTrace).toBe(original);
      return trace;
    };
    afterEach(() => {
      delete process.env["PULUMI_DEBUG_PROMISE_LEAKS"];
    });

    it("writes none", () => {
      expect(traced()).toBe("Error: x");
    });

    it("writes it where it is asked for, to find promises that leak", () => {
      process.env["PULUMI_DEBUG_PROMISE_LEAKS"] = "true";
      expect(traced()).toContain(`f (${PROGRAM}:1:2)`);
    });
  });

  it("leaves alone what Node.js maps by itself", () => {
    const enabled = Object.getOwnPropertyDescriptor(process, "sourceMapsEnabled");
    const original = hook.prepareStackTrace;
    Object.defineProperty(process, "sourceMapsEnabled", { value: true, configurable: true });
    hook.prepareStackTrace = undefined;
    try {
      shortenStackTraces()();
      const restore = shortenStackTraces();
      expect(hook.prepareStackTrace).toBeUndefined();
      restore();
    } finally {
      hook.prepareStackTrace = original;
      if (enabled === undefined) Reflect.deleteProperty(process, "sourceMapsEnabled");
      else Object.defineProperty(process, "sourceMapsEnabled", enabled);
    }
  });
});
