import * as fc from "fast-check";
import { planChange } from "../../../provider/token/changes";
import { checkInputs, type Failure } from "../../../provider/token/inputs";
import {
  isDue,
  isRotationOff,
  rotateAfterProblem,
  rotationSwitchProblem,
  withRotateAt,
} from "../../../provider/token/rotateAfter";
import { type InfluxTokenState, refreshState, toState, withInputs } from "../../../provider/token/state";
import { UNKNOWN } from "../../../provider/token/unknown";
import { authorizationOf, checked, HOST } from "./support/tokens";

const MADE_AT = "2026-01-01T00:00:00Z";
const NOW = Date.parse("2026-06-01T00:00:00Z");
const HOUR_MS = 3_600_000;
const BASE = { org: "acme", readTasks: true };

/** A token that was made of these inputs at {@link MADE_AT}. */
function made(inputs: object, answered: object = {}, more: object = {}): InfluxTokenState {
  const declared = checked({ ...BASE, ...inputs });
  const state = { ...toState(declared, { ...authorizationOf(declared), ...answered }, HOST), ...more };
  return withRotateAt(state, undefined, NOW);
}

/** The same after a change in place. */
function changed(before: InfluxTokenState, inputs: object): InfluxTokenState {
  return withRotateAt(withInputs(before, checked({ ...BASE, ...inputs })), before, NOW);
}

describe("rotateAfter", () => {
  it.each([
    ["1h", 1],
    ["90d", 90 * 24],
    ["2w", 14 * 24],
    ["36500d", 36_500 * 24],
    ["P90D", 90 * 24],
    ["PT12H", 12],
    ["P2W", 14 * 24],
    ["P1DT12H", 36],
    ["PT90M", 1.5],
    ["PT3600S", 1],
    ["P0DT1H", 1],
  ])("%s is %d hours", (rotateAfter, hours) => {
    expect(rotateAfterProblem(rotateAfter)).toBeUndefined();
    const at = new Date(Date.parse(MADE_AT) + hours * HOUR_MS).toISOString();
    expect(made({ rotateAfter }).rotateAt).toBe(at);
  });

  it.each([
    ...[
      "1y",
      "1m",
      "1M",
      "90",
      "d",
      "90 d",
      " 90d",
      "90d ",
      "90D",
      "1.5d",
      "1,5d",
      "-1d",
      "+1d",
      "1e3d",
      "٩d",
    ],
    ...["P1Y", "P1M", "P1Y2M", "P", "PT", "P1DT", "P1.5D", "P1,5D", "PT0.5H", "-P1D", "P-1D", "p1d", "P1H"],
    ...[
      "P1W2D",
      "P2WT1H",
      "T1H",
      "P1D1H",
      "P1D ",
      "1d12h",
      "Never",
      "0",
      "off",
      "2026-01-01",
      "9".repeat(400),
    ],
  ])("%j is refused, with the forms that are taken", (value) => {
    expect(rotateAfterProblem(value)).toMatch(
      /no time that can be waited for: give whole hours, days or weeks/,
    );
  });

  it.each([
    ["0h", /less than an hour/],
    ["0d", /less than an hour/],
    ["P0D", /less than an hour/],
    ["PT0S", /less than an hour/],
    ["PT59M", /less than an hour/],
    ["36501d", /more than 36500 days/],
    ["999999999999w", /more than 36500 days/],
    [90, /^must be a string, not a number: whole hours/],
    [true, /not a boolean/],
    [["90d"], /not a list/],
    [{}, /not an object/],
  ])("%j is refused for what is wrong with it", (value, problem) => {
    expect(rotateAfterProblem(value)).toMatch(problem);
  });

  it("is a time or a problem, whatever is given", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^P?\d*[WD]?T?\d*[HMShdw]?$/), fc.anything()),
        (value) => {
          if (rotateAfterProblem(value) !== undefined || value === "never") return;
          expect(made({ rotateAfter: value }).rotateAt).toMatch(/^2\d{3}-\d\d-\d\dT[\d:.]+Z$/);
        },
      ),
    );
  });
});

describe("rotateAfter in check", () => {
  function check(
    raw: object,
    byConfig?: string,
    problem?: string,
  ): { rotateAfter: unknown; failures: Failure[] } {
    const context = {
      organization: () => undefined,
      host: () => HOST,
      rotateAfter: () => byConfig,
      rotationProblem: () => problem,
    };
    const { inputs, failures } = checkInputs({ ...BASE, ...raw }, {}, context);
    return { rotateAfter: inputs["rotateAfter"], failures };
  }

  it.each<[object, string | undefined, unknown]>([
    [{}, undefined, undefined],
    [{}, "", undefined],
    [{}, "90d", "90d"],
    [{}, "never", undefined],
    [{ rotateAfter: "P1D" }, "90d", "P1D"],
    [{ rotateAfter: "never" }, "90d", "never"],
    [{ rotateAfter: null }, "90d", "90d"],
    [{ rotateAfter: UNKNOWN }, "90d", UNKNOWN],
    [{ rotateAfter: "1d" }, "nonsense", "1d"],
  ])("of %j with %j in the stack config is %j", (raw, byConfig, rotateAfter) => {
    expect(check(raw, byConfig)).toEqual({ rotateAfter, failures: [] });
  });

  it("fails at the input, and names the key where the stack config is wrong", () => {
    const reason = expect.stringMatching(
      /^influx-token:rotateAfter in the stack config "1y" is no time/,
    ) as unknown;
    expect(check({}, "1y").failures).toEqual([{ property: "rotateAfter", reason }]);
    const ofInput = expect.stringMatching(/^rotateAfter "1y" is no time/) as unknown;
    expect(check({ rotateAfter: "1y" }, "90d").failures).toEqual([
      { property: "rotateAfter", reason: ofInput },
    ]);
  });

  it("fails for an INFLUX_ROTATION that says neither on nor off, where it matters", () => {
    expect(rotationSwitchProblem({ INFLUX_ROTATION: "Off" })).toMatch(
      /INFLUX_ROTATION .*"Off": set it to "off"/,
    );
    for (const value of ["off", "on", "", undefined])
      expect(rotationSwitchProblem({ INFLUX_ROTATION: value })).toBeUndefined();
    const failures = [{ property: "rotateAfter", reason: "no" }];
    expect(check({ rotateAfter: "90d" }, undefined, "no").failures).toEqual(failures);
    expect(check({}, "90d", "no").failures).toEqual(failures);
    expect(check({ rotateAfter: UNKNOWN }, undefined, "no").failures).toEqual(failures);
    expect(check({ rotateAfter: "never" }, "90d", "no").failures).toEqual([]);
    expect(check({}, undefined, "no").failures).toEqual([]);
    expect([undefined, "", "on", "off"].map((value) => isRotationOff({ INFLUX_ROTATION: value }))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("rotateAt", () => {
  it("counts from when the token was made, with the server's precision", () => {
    expect(made({ rotateAfter: "1d" }, { createdAt: "2026-01-01T10:00:00.123456789+02:00" }).rotateAt).toBe(
      "2026-01-02T08:00:00.123Z",
    );
  });

  it("counts from the adoption of a token that is adopted, until rotateAfter changes", () => {
    const adopted = made({ rotateAfter: "1d" }, {}, { __adoptedAt: "2026-05-01T00:00:00Z" });
    expect(adopted.rotateAt).toBe("2026-05-02T00:00:00.000Z");
    expect(changed(adopted, { rotateAfter: "24h", description: "new" }).rotateAt).toBe(adopted.rotateAt);
    expect(changed(adopted, { rotateAfter: "2d" }).rotateAt).toBe("2026-01-03T00:00:00.000Z");
  });

  it("counts from this machine's clock where the server's answer cannot be a time of creation", () => {
    for (const createdAt of ["", "yesterday", "0001-01-01T00:00:00Z", "+275760-09-12T00:00:00Z"])
      expect(made({ rotateAfter: "1d" }, { createdAt }).rotateAt).toBe("2026-06-02T00:00:00.000Z");
  });

  it("is absent without a time, and counts from the making when one is added later", () => {
    expect(made({})).not.toHaveProperty("rotateAt");
    expect(made({ rotateAfter: "never" })).not.toHaveProperty("rotateAt");
    expect(changed(made({}), { rotateAfter: "P1D" }).rotateAt).toBe("2026-01-02T00:00:00.000Z");
  });

  it("goes away with its time", () => {
    const before = made({ rotateAfter: "1d" });
    expect(changed(before, {})).not.toHaveProperty("rotateAt");
    expect(changed(before, { rotateAfter: "never" })).not.toHaveProperty("rotateAt");
  });

  it("is no input, and a refresh keeps it as it is", () => {
    const before = made({ rotateAfter: "1d" });
    const declared = checked({ ...BASE, rotateAfter: "1d" });
    const { state, inputs } = refreshState(before, authorizationOf(declared), HOST);
    expect(state.rotateAt).toBe(before.rotateAt);
    expect(inputs).toEqual(declared);
  });
});

describe("diff of a token with a time", () => {
  const plan = (state: InfluxTokenState, inputs: object, now = NOW): ReturnType<typeof planChange> => {
    const declared = checked({ ...BASE, ...inputs });
    return planChange(state, declared, isDue(state, declared, now));
  };
  const due = made({ rotateAfter: "90d" });
  const dueAt = Date.parse(due.rotateAt ?? "");

  it("replaces from that moment on, and not before", () => {
    expect(plan(due, { rotateAfter: "90d" }, dueAt - 1)).toEqual({ changes: false, replaces: [] });
    expect(plan(due, { rotateAfter: "90d" }, dueAt)).toEqual({ changes: true, replaces: ["rotateAt"] });
    expect(plan(due, { rotateAfter: "P90D" }, dueAt)).toEqual({ changes: true, replaces: ["rotateAt"] });
  });

  it("names it beside what else replaces", () => {
    expect(plan(due, { rotateAfter: "90d", writeTasks: true }).replaces).toEqual(["permissions", "rotateAt"]);
  });

  it.each([
    ["shorter, so that it was over long ago", { rotateAfter: "1h" }],
    ["longer", { rotateAfter: "3650d" }],
    ["longer, though still over", { rotateAfter: "91d" }],
    ["no longer there", {}],
    ["never over", { rotateAfter: "never" }],
  ])("updates in place where the time is %s", (_what, inputs) => {
    expect(plan(due, inputs)).toEqual({ changes: true, replaces: [] });
  });

  it("replaces in the next run at the earliest where a time is added that is over", () => {
    const before = made({});
    expect(plan(before, { rotateAfter: "90d" })).toEqual({ changes: true, replaces: [] });
    expect(plan(changed(before, { rotateAfter: "90d" }), { rotateAfter: "90d" }).replaces).toEqual([
      "rotateAt",
    ]);
  });

  it("expects the replacement where the time is not known yet, for it may be the same one", () => {
    expect(plan(due, { rotateAfter: UNKNOWN })).toEqual({ changes: true, replaces: ["rotateAt"] });
    expect(plan(due, { rotateAfter: UNKNOWN }, dueAt - 1)).toEqual({ changes: true, replaces: [] });
  });

  it("takes a time that cannot be read for none", () => {
    expect(isDue({ ...due, rotateAt: "soon" }, { rotateAfter: "90d" }, NOW)).toBe(false);
  });
});
