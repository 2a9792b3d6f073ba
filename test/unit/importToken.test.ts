import type { StoredAuthorization } from "../../emulator";
import { Lifecycle } from "../../provider/lifecycle";
import type { InfluxTokenInputs } from "../../provider/token/inputs";
import { setUpRun, type TestRun } from "../support/testRun";

/** A run whose config names the server. */
function lifecycleOf(run: TestRun, config: Readonly<Record<string, string>> = {}): Lifecycle {
  const settings: Readonly<Record<string, string>> = {
    "influx-token:host": run.server.url,
    "influx-token:token": run.server.operatorToken,
    ...config,
  };
  return new Lifecycle({
    env: { INFLUX_CONFIGS_PATH: "" },
    now: Date.now,
    log: { warn: (text) => void run.warnings.push(text), debug: () => undefined },
    config: (key) => settings[key],
    isInterrupted: () => Promise.resolve(false),
  });
}

describe.each([
  ["tells the values of tokens", true],
  ["stores tokens hashed", false],
])("a token that is imported from a server that %s", (_, plainTokens) => {
  const run = setUpRun({ plainTokens });
  const make = (more: object = {}): Promise<StoredAuthorization> => {
    const permissions = [{ action: "read", resource: { type: "tasks", orgID: run.server.orgId } }];
    return run.server.call("POST", "/api/v2/authorizations", {
      orgID: run.server.orgId,
      permissions,
      ...more,
    });
  };

  it("is what the flags say, and no plan changes it", async () => {
    const token = await make({ description: "by hand" });
    const lifecycle = lifecycleOf(run);
    const imported = await lifecycle.importToken(token.id);
    expect(imported?.inputs).toEqual({ org: "acme", description: "by hand", readTasks: true });
    if (imported === undefined) return;
    const { inputs, failures } = await lifecycle.check({}, { ...imported.inputs }, true);
    expect(failures).toEqual([]);
    expect(lifecycle.diff(imported.state, inputs as unknown as InfluxTokenInputs)).toEqual({
      changes: false,
      replaces: [],
    });
    expect(imported.state.token).toBe(plainTokens ? token.token : undefined);
  });
});
