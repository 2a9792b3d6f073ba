import {
  orphanState,
  refreshState,
  requireKnownFormat,
  toState,
  unwantedState,
  withInputs,
} from "../../../provider/token/state";
import { UNKNOWN } from "../../../provider/token/unknown";
import { authorizationOf, checked, HOST, ORG_ID, OTHER_ID, USER_ID } from "./support/tokens";

const declared = checked({ org: "acme", readTasks: true, keepers: { period: "1" }, description: "ci" });
const answered = authorizationOf(declared);
const made = toState(declared, answered, HOST);
const TASKS = { "orgs/acme/tasks": "read" };

describe("the state of a token that was made", () => {
  it("holds the inputs and what the server made of them, with ids", () => {
    expect(made).toEqual({
      org: "acme",
      orgId: ORG_ID,
      user: "admin",
      userId: USER_ID,
      description: "ci",
      status: "active",
      readTasks: true,
      keepers: { period: "1" },
      permissions: TASKS,
      effectivePermissions: { [`orgs/${ORG_ID}/tasks`]: "read" },
      token: "t0ken",
      host: HOST,
      createdAt: "2026-01-01T00:00:00Z",
      updatedAt: "2026-01-01T00:00:00Z",
      __format: 1,
      __declared: "org description",
    });
  });

  it("keeps the names of the program where the server has others", () => {
    const inputs = checked({ org: "acme", user: "ci", readTasks: true });
    const { __names } = toState(inputs, { ...answered, org: "ACME", user: "ci" }, HOST);
    expect(__names).toEqual({ org: ["acme"] });
    expect(toState(inputs, { ...answered, org: "acme", user: "CI" }, HOST).__names).toEqual({ user: ["ci"] });
    expect(toState(inputs, { ...answered, user: "ci" }, HOST)).not.toHaveProperty("__names");
    expect(toState(checked({ orgId: ORG_ID, readTasks: true }), answered, HOST)).not.toHaveProperty(
      "__names",
    );
  });

  it("has no table for permissions that are not known, and no key for a token that was not returned", () => {
    const hidden = toState({ ...declared, permissions: UNKNOWN }, { ...answered, token: "redacted" }, HOST);
    expect(hidden.permissions).toEqual({});
    expect(hidden).not.toHaveProperty("token");
  });

  it("is of a shape that only this version and later ones read", () => {
    expect(() => {
      requireKnownFormat(made);
    }).not.toThrow();
    for (const state of [{ __format: 2 }, {}])
      expect(() => {
        requireKnownFormat(state);
      }).toThrow(/has the format .*upgrade the package/);
  });
});

describe("the state after a change that the server answered", () => {
  it("keeps the token and what was granted, whatever the answer holds", () => {
    const changed = toState(declared, { ...answered, token: "another", permissions: [] }, HOST, made);
    expect(changed).toEqual(made);
    const { token, ...lost } = made;
    expect(token).toBe("t0ken");
    expect(toState(declared, answered, HOST, lost)).not.toHaveProperty("token");
  });
});

describe("the state of a token that nobody wants", () => {
  const inputs = checked({ org: "acme", readTasks: true });
  const answer = { ...answered, org: "another" };

  it("is an ordinary one where its value is known", () => {
    expect(unwantedState(inputs, answer, HOST, {})).toEqual(toState(inputs, answer, HOST));
  });

  it("is not to be used, and recalls no names, where its value is not", () => {
    const { token, ...rest } = answer;
    expect(token).toBe("t0ken");
    const state = unwantedState(inputs, rest, HOST, {});
    expect(state).toMatchObject({ __unusable: true, org: "another", __format: 1 });
    expect(state).not.toHaveProperty("__names");
  });
});

describe("the state after a change that the server did not answer", () => {
  const inputs = { ...checked({ org: "acme", readTasks: true, status: "inactive" }), host: "http://b" };

  it("has the new inputs, the new server, and what the server said before", () => {
    const state = withInputs({ ...made, __unusable: true }, inputs);
    expect(state).toEqual({
      ...made,
      keepers: undefined,
      host: "http://b",
      __declared: "org status",
    });
    expect(state).not.toHaveProperty("keepers");
    expect(state.status).toBe("active");
  });

  it("has what was changed, and what is missing from now on", () => {
    expect(withInputs(made, inputs, { status: "inactive", missing: "owner" })).toMatchObject({
      status: "inactive",
      description: "ci",
      __missing: "owner",
    });
    expect(withInputs({ ...made, __missing: "organization" }, inputs)).toMatchObject({
      __missing: "organization",
    });
    expect(withInputs(made, inputs)).not.toHaveProperty("__missing");
  });

  it("keeps the table of permissions where the new one is not known", () => {
    expect(withInputs(made, { ...inputs, permissions: UNKNOWN }).permissions).toEqual(TASKS);
    expect(withInputs(made, { ...inputs, permissions: {} }).permissions).toEqual({});
  });

  it("keeps what a refresh found granted only where no input asks for permissions", () => {
    const granted = { ...made, __granted: answered.permissions };
    const { readTasks, ...nothing } = inputs;
    expect(readTasks).toBe(true);
    expect(withInputs(granted, nothing).__granted).toEqual(answered.permissions);
    expect(withInputs(granted, inputs)).not.toHaveProperty("__granted");
    expect(withInputs(made, nothing)).not.toHaveProperty("__granted");
    expect(toState(nothing, answered, HOST, granted).__granted).toEqual(answered.permissions);
  });
});

describe("the state after a refresh", () => {
  it("is the same where nothing differs, and so are the inputs", () => {
    const { state, inputs } = refreshState(made, answered, HOST);
    expect(state).toEqual(made);
    expect(inputs).toEqual(declared);
  });

  it("keeps the token that a server does not return, and takes the one that it does", () => {
    const { token, ...rest } = answered;
    expect(token).toBe("t0ken");
    expect(refreshState(made, rest, HOST).state.token).toBe("t0ken");
    expect(refreshState(made, { ...rest, token: "now" }, HOST).state.token).toBe("now");
    const { token: kept, ...lost } = made;
    expect(kept).toBe("t0ken");
    expect(refreshState(lost, rest, HOST).state).not.toHaveProperty("token");
  });

  it("takes description and status from the server, declared or not, for the program to set them again", () => {
    const found = { ...answered, description: "other", status: "inactive" as const };
    expect(refreshState(made, found, HOST).inputs).toMatchObject({
      description: "other",
      status: "inactive",
    });
    const { inputs } = refreshState(made, { ...answered, description: "" }, HOST);
    expect(inputs).not.toHaveProperty("description");
    expect(inputs).not.toHaveProperty("status");
    expect(inputs).not.toHaveProperty("user");
    expect(inputs).not.toHaveProperty("token");
  });

  it("reads a state that says nothing of what was declared", () => {
    const { __declared, ...old } = made;
    expect(__declared).toBe("org description");
    expect(refreshState(old, answered, HOST).inputs).not.toHaveProperty("org");
  });

  it("forgets that something was missing, and follows the server to its address", () => {
    const { state } = refreshState({ ...made, __missing: "owner" }, answered, "http://b");
    expect(state).toEqual({ ...made, host: "http://b" });
  });

  it("shows permissions under the new name of the organization, and recalls the old one", () => {
    const { state, inputs } = refreshState(made, { ...answered, org: "umbrella" }, HOST);
    const permissions = { "orgs/umbrella/tasks": "read" };
    expect(state).toEqual({ ...made, org: "umbrella", permissions, __names: { org: ["acme"] } });
    expect(inputs).toEqual({ ...declared, org: "umbrella", permissions });
  });

  it("recalls every name of the owner, and drops one that the server has again", () => {
    const owned = checked({ org: "acme", user: "ci", allAccess: true });
    const before = toState(owned, authorizationOf(owned), HOST);
    const renamed = refreshState(before, { ...authorizationOf(owned), user: "robot" }, HOST).state;
    expect(renamed.__names).toEqual({ user: ["ci"] });
    expect(renamed.permissions).toHaveProperty("/users/robot");
    const back = refreshState(renamed, authorizationOf(owned), HOST).state;
    expect(back.__names).toEqual({ user: ["robot"] });
    expect(back.permissions).toHaveProperty("/users/ci");
  });

  it("keeps the table as it is where nobody was renamed, or where no input asks for permissions", () => {
    const table = { "/anything": "read" };
    const older = { ...made, permissions: table };
    expect(refreshState(older, answered, HOST).state.permissions).toEqual(table);
    const { readTasks, ...nothing } = older;
    expect(readTasks).toBe(true);
    expect(refreshState(nothing, { ...answered, org: "umbrella" }, HOST).state.permissions).toEqual(table);
  });

  it("has other permissions in place of the inputs, by ids, without the names that the server adds", () => {
    const permissions = [
      { action: "read" as const, resource: { type: "orgs", id: ORG_ID, name: "acme" } },
      {
        action: "read" as const,
        resource: { type: "buckets", id: OTHER_ID, orgID: ORG_ID, name: "metrics", org: "acme" },
      },
      { action: "write" as const, resource: { type: "tasks", orgID: ORG_ID, org: "acme" } },
    ];
    const { state, inputs } = refreshState(made, { ...answered, permissions }, HOST);
    const table = {
      [`/orgs/${ORG_ID}`]: "read",
      [`orgs/${ORG_ID}/buckets/${OTHER_ID}`]: "read",
      [`orgs/${ORG_ID}/tasks`]: "write",
    };
    expect(state).toMatchObject({ permissions: table, effectivePermissions: table });
    expect(state).not.toHaveProperty("readTasks");
    expect(inputs).toMatchObject({ permissions: table, org: "acme" });
    expect(inputs).not.toHaveProperty("readTasks");
    expect(state.__granted).toStrictEqual([
      { action: "read", resource: { type: "orgs", id: ORG_ID } },
      { action: "read", resource: { type: "buckets", id: OTHER_ID, orgID: ORG_ID } },
      { action: "write", resource: { type: "tasks", orgID: ORG_ID } },
    ]);
  });

  it("is the same but for what is missing, where the server tells no more", () => {
    const { state, inputs } = orphanState(made, "owner", "http://b");
    expect(state).toEqual({ ...made, host: "http://b", __missing: "owner" });
    expect(inputs).toEqual({ ...declared, host: "http://b" });
  });
});
