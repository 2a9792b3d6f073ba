import { planChange } from "../../../provider/token/changes";
import { checkInputs, type Failure, type InfluxTokenInputs } from "../../../provider/token/inputs";
import { refreshState, toState, withInputs } from "../../../provider/token/state";
import { UNKNOWN } from "../../../provider/token/unknown";
import type { Authorization } from "../../../provider/types";

const HOST = "http://localhost:8086";
const context = { organization: () => undefined, host: () => HOST };
const base = { org: "acme", operator: true };

function check(acknowledge: unknown): { inputs: InfluxTokenInputs; failures: Failure[] } {
  const { inputs, failures } = checkInputs({ ...base, acknowledge }, {}, context);
  return { inputs: inputs as unknown as InfluxTokenInputs, failures };
}

const authorization: Authorization = {
  id: "00000000000000d1",
  token: "t0ken",
  status: "active",
  description: "",
  orgID: "00000000000000a1",
  org: "acme",
  userID: "00000000000000b1",
  user: "admin",
  permissions: [],
  links: {},
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
};

describe("acknowledge", () => {
  it("takes a reason for a known risk, also one that is not known yet", () => {
    const given = { "operator-token": "break-glass", "read-secrets": UNKNOWN };
    expect(check(given)).toMatchObject({ failures: [], inputs: { acknowledge: given } });
  });

  it("is the same as left out where it is empty", () => {
    expect(check({}).inputs).not.toHaveProperty("acknowledge");
    expect(check(null).inputs).not.toHaveProperty("acknowledge");
  });

  it.each<[unknown, string, string]>([
    ["operator-token", "acknowledge", "acknowledge must be an object of risk to reason, not a string"],
    [["operator-token"], "acknowledge", "acknowledge must be an object of risk to reason, not a list"],
    [
      { "operator-tokn": "why" },
      'acknowledge["operator-tokn"]',
      'acknowledge["operator-tokn"] is not a risk: did you mean "operator-token"?',
    ],
    [{ "operator-token": " " }, 'acknowledge["operator-token"]', "must say why the risk is accepted"],
    [{ "operator-token": true }, 'acknowledge["operator-token"]', "must say why the risk is accepted"],
  ])("refuses %j", (given, property, reason) => {
    const { failures } = check(given);
    expect(failures).toEqual([{ property, reason: expect.stringContaining(reason) as unknown }]);
  });

  it("is no permission", () => {
    expect(check({ "operator-token": "why" }).inputs.permissions).toEqual(
      check(undefined).inputs.permissions,
    );
  });

  it("changes in the state only, and then there is no change any more", () => {
    const before = toState(check(undefined).inputs, authorization, HOST);
    const after = check({ "operator-token": "why" }).inputs;
    expect(planChange(before, after)).toEqual({ changes: true, replaces: [] });
    const state = withInputs(before, after);
    expect(state.token).toBe("t0ken");
    expect(planChange(state, after)).toEqual({ changes: false, replaces: [] });
    expect(planChange(state, check(undefined).inputs)).toEqual({ changes: true, replaces: [] });
    expect(withInputs(state, check(undefined).inputs)).not.toHaveProperty("acknowledge");
  });

  it("outlives a refresh", () => {
    const state = toState(check({ "operator-token": "why" }).inputs, authorization, HOST);
    expect(refreshState(state, authorization, HOST).inputs.acknowledge).toEqual({ "operator-token": "why" });
  });
});
