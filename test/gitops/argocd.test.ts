import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { findOrBuildGoTool } from "../../scripts/goTool";
import { run } from "../../scripts/run";
import { EXAMPLE } from "./support/repository";

/** The first run on a machine fetches modules and compiles. */
const BUILD_TIMEOUT_MS = 600_000;

interface ConfigMap {
  readonly kind: string;
  readonly metadata: object;
  readonly data: Record<string, string>;
}

const map = parse(readFileSync(join(EXAMPLE, "argocd", "argocd-cm.yaml"), "utf8")) as ConfigMap;
const script = map.data["resource.customizations.health.pulumi.com_Stack"] ?? "";

/** Argo CD opens the base and table libraries only: the others, also as methods of texts, must not be used. */
const SANDBOX = `
getmetatable("").__index = nil
for _, name in ipairs({"string", "math", "io", "os", "debug", "coroutine", "channel"}) do _G[name] = nil end
`;

/** The operator's status conditions, as it sets them together. */
const condition = (type: string, reason: string, message: string, status = "True"): object => ({
  type,
  status,
  reason,
  message,
});
const notReady = condition("Ready", "NotReadyInProgress", "reconciliation is in progress", "False");

const CASES: [string, object | undefined, { status: string; message: string }][] = [
  [
    "a stack that the operator has not seen",
    undefined,
    { status: "Progressing", message: "the operator has not seen the latest change yet" },
  ],
  [
    "a change that it has not seen, whatever it says of the one before",
    { observedGeneration: 1, conditions: [condition("Ready", "ProcessingCompleted", "up to date")] },
    { status: "Progressing", message: "the operator has not seen the latest change yet" },
  ],
  [
    "a stack without conditions",
    { observedGeneration: 2 },
    { status: "Progressing", message: "the operator has not begun yet" },
  ],
  [
    "a run in flight",
    {
      observedGeneration: 2,
      conditions: [notReady, condition("Reconciling", "StackProcessing", "stack is being processed")],
      lastUpdate: { state: "failed" },
    },
    { status: "Progressing", message: "stack is being processed" },
  ],
  [
    "a success",
    {
      observedGeneration: 2,
      conditions: [condition("Ready", "ProcessingCompleted", "processed and up to date")],
      lastUpdate: { state: "succeeded" },
    },
    { status: "Healthy", message: "processed and up to date" },
  ],
  [
    "a failure that is to be tried again",
    {
      observedGeneration: 2,
      conditions: [notReady, condition("Reconciling", "RetryingAfterFailure", "update failed")],
      lastUpdate: { state: "failed", lastAttemptedCommit: "c0ffee", failures: 3 },
    },
    { status: "Degraded", message: "update failed (commit c0ffee)" },
  ],
  [
    "such a failure of a Program, which has no commit",
    {
      observedGeneration: 2,
      conditions: [condition("Reconciling", "RetryingAfterFailure", "update failed"), notReady],
    },
    { status: "Degraded", message: "update failed" },
  ],
  [
    "a failure that is not tried again, in any order of conditions",
    {
      observedGeneration: 2,
      conditions: [
        condition("Stalled", "SpecInvalid", "no such branch"),
        condition("Ready", "NotReadyStalled", "stalled", "False"),
      ],
    },
    { status: "Degraded", message: "no such branch" },
  ],
];

describe("the health check of Argo CD", () => {
  let lua: string;
  beforeAll(async () => {
    lua = await findOrBuildGoTool("glua");
  }, BUILD_TIMEOUT_MS);

  /** Runs the script as Argo CD does: by the same interpreter, with the stack in `obj`, and a table as its answer. */
  async function healthOf(status: object | undefined): Promise<{ status: string; message: string }> {
    const stack = { kind: "Stack", metadata: { generation: 2 }, ...(status && { status }) };
    const { code, stdout, stderr } = await run(lua, [
      "-e",
      `${SANDBOX}\nobj = ${luaOf(stack)}\nlocal health = (function()\n${script}\nend)()\nprint(health.status)\nprint(health.message)`,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [first = "", second = ""] = stdout.split("\n");
    return { status: first, message: second };
  }

  it("is a part of Argo CD's own ConfigMap", () => {
    expect(map).toMatchObject({ kind: "ConfigMap", metadata: { name: "argocd-cm", namespace: "argocd" } });
    expect(Object.keys(map.data)).toEqual(["resource.customizations.health.pulumi.com_Stack"]);
  });

  it.each(CASES)("tells of %s", async (_, status, health) => {
    expect(await healthOf(status)).toEqual(health);
  });
});

/** JSON as a Lua expression. */
function luaOf(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(luaOf).join(",")}}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `[${JSON.stringify(key)}]=${luaOf(each)}`)
    .join(",")}}`;
}
