import { planChange } from "../../../provider/token/changes";
import { type InfluxTokenState, orphanState, refreshState, toState } from "../../../provider/token/state";
import { UNKNOWN } from "../../../provider/token/unknown";
import { authorizationOf, checked, HOST, ORG_ID, OTHER_ID } from "./support/tokens";

const declared = { org: "acme", user: "ci", readTasks: true };

/** The state of a token as it was made for these inputs. */
function stateOf(raw: Record<string, unknown> = declared): InfluxTokenState {
  const inputs = checked(raw);
  return toState(inputs, authorizationOf(inputs), HOST);
}

/** The state after a refresh that found other names. */
const renamed = (names: { org?: string; user?: string }, state = stateOf()): InfluxTokenState =>
  refreshState(state, { ...authorizationOf(checked(declared)), ...names }, HOST).state;

const same = { changes: false, replaces: [] };
const inPlace = { changes: true, replaces: [] };
const replaced = (...replaces: string[]): object => ({ changes: true, replaces });

describe.each<["org" | "user", string]>([
  ["org", "acme"],
  ["user", "ci"],
])("a renamed %s", (property, old) => {
  const state = renamed({ [property]: "new" });

  it("is no change for a program that goes on with the old name", () => {
    expect(planChange(state, checked(declared))).toEqual(same);
  });

  it("changes in place where the program takes the new name", () => {
    expect(planChange(state, checked({ ...declared, [property]: "new" }))).toEqual(inPlace);
  });

  it("changes in place where the program takes a name that it had in between", () => {
    const twice = renamed({ [property]: "newest" }, state);
    expect(twice.__names).toEqual({ [property]: [old, "new"] });
    expect(planChange(twice, checked(declared))).toEqual(same);
    expect(planChange(twice, checked({ ...declared, [property]: "new" }))).toEqual(inPlace);
  });

  it("replaces the token for a name that it never had", () => {
    expect(planChange(state, checked({ ...declared, [property]: "another" }))).toEqual(replaced(property));
  });

  it("says nothing of the other's name", () => {
    const other = property === "org" ? "user" : "org";
    expect(planChange(state, checked({ ...declared, [other]: "another" }))).toEqual(replaced(other));
  });
});

describe("a token that outlived its organization or owner", () => {
  const orphan = (missing: "organization" | "owner"): InfluxTokenState =>
    orphanState(stateOf(), missing, HOST).state;

  it("is replaced, though the program still says the same", () => {
    expect(planChange(orphan("organization"), checked(declared))).toEqual(replaced("org"));
    expect(planChange(orphan("owner"), checked(declared))).toEqual(replaced("user"));
  });

  it("is replaced by an organization's id, and for an owner that the program never named", () => {
    const inputs = checked({ orgId: ORG_ID, readTasks: true });
    const state = toState(inputs, authorizationOf(inputs), HOST);
    expect(planChange(state, inputs)).toEqual(same);
    expect(planChange(orphanState(state, "organization", HOST).state, inputs)).toEqual(replaced("orgId"));
    expect(planChange(orphanState(state, "owner", HOST).state, inputs)).toEqual(replaced("user"));
  });
});

describe("a token that nobody may use", () => {
  it("is replaced, whether it was never returned or is not as it was asked for", () => {
    const { token, ...state } = stateOf();
    expect(token).toBe("t0ken");
    expect(planChange(state, checked(declared))).toEqual(replaced("token"));
    expect(planChange({ ...state, token: "t", __unusable: true }, checked(declared))).toEqual(
      replaced("token"),
    );
  });
});

describe("a server that moved", () => {
  it("changes in place", () => {
    const moved = { ...checked(declared), host: "http://b" };
    expect(planChange(stateOf(), moved)).toEqual(inPlace);
  });
});

describe("other permissions that a refresh found", () => {
  const permissions = [{ action: "read" as const, resource: { type: "checks", orgID: OTHER_ID } }];
  const { state } = refreshState(
    stateOf(),
    { ...authorizationOf(checked(declared)), permissions, orgID: OTHER_ID },
    HOST,
  );
  const { readTasks, ...rest } = checked(declared);

  it("stay where the program ignores changes of permissions", () => {
    expect(readTasks).toBe(true);
    expect(planChange(state, { ...rest, permissions: state.permissions })).toEqual(same);
  });

  it("are replaced where the program asks for others, or ignores changes of others", () => {
    expect(planChange(state, checked(declared))).toEqual(replaced("permissions"));
    expect(planChange(state, { ...rest, permissions: { "/tasks": "read" } })).toEqual(
      replaced("permissions"),
    );
  });

  it("change in place where the program asks for just these", () => {
    expect(planChange(state, checked({ org: "acme", user: "ci", readChecks: true }))).toEqual(inPlace);
  });
});

describe("permissions that are compared by what they grant", () => {
  const base = { org: "acme", readBuckets: true, readBucket: [OTHER_ID] };
  const fewer = { org: "acme", readBuckets: true };

  it("are the same where the server grants what is asked for, whatever was asked for before", () => {
    const state = { ...stateOf({ org: "acme", readChecks: true }), ...stateOf(fewer), readChecks: true };
    expect(planChange(state, checked(fewer))).toEqual(same);
  });

  it("are others where the server grants neither what is asked for nor what was", () => {
    const state = { ...stateOf(base), effectivePermissions: { "/tasks": "read" } };
    expect(planChange(stateOf(base), checked(fewer))).toEqual(same);
    expect(planChange(state, checked(fewer))).toEqual(replaced("permissions"));
  });

  it("are the same for a preset, however many types it stood for before", () => {
    const preset = { org: "acme", allAccess: true };
    const state = { ...stateOf(preset), effectivePermissions: { "/tasks": "read" } };
    expect(planChange(state, checked(preset))).toEqual(same);
  });

  it("are others where one of them is not known yet, also beside a preset", () => {
    const preset = { org: "acme", allAccess: true };
    expect(planChange(stateOf(preset), checked({ ...preset, readTasks: UNKNOWN }))).toEqual(
      replaced("permissions"),
    );
  });

  it("are others where they cannot be expanded, now or before", () => {
    const wrong = { readBucket: [""] };
    expect(planChange(stateOf(base), { ...checked(base), ...wrong })).toEqual(replaced("permissions"));
    expect(planChange({ ...stateOf(base), ...wrong }, checked(fewer))).toEqual(replaced("permissions"));
  });

  it("hide no failure of another kind", () => {
    const broken = Object.defineProperty({ ...checked(base) }, "readOwnOrg", {
      get: () => {
        throw new RangeError("broken");
      },
    });
    expect(() => planChange(stateOf(base), broken)).toThrow("broken");
  });
});
