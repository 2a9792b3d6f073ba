import { asSecretAs, outputsOf, revealed, secret, stateOf, wholeState } from "../../../native/wire";

describe("asSecretAs", () => {
  it.each([
    ["nothing secret", { a: 1 }, { a: 2 }, { a: 1 }],
    ["all of it", { a: 1 }, secret({ a: 2 }), secret({ a: 1 })],
    ["one part", { a: 1, b: 2 }, { a: secret(3), b: 2 }, { a: secret(1), b: 2 }],
    ["a part deep within", { a: { b: 1 } }, { a: { b: secret(3) } }, { a: { b: secret(1) } }],
    ["an element", ["x", "y"], ["p", secret("q")], ["x", secret("y")]],
    ["an element of a list that has become another", ["x"], ["p", secret("q")], secret(["x"])],
    ["a part of what has become a text", "x", { a: secret(1) }, secret("x")],
  ])("marks %s", (_what, value, origin, expected) => {
    expect(asSecretAs(value, origin)).toEqual(expected);
  });
});

describe("revealed", () => {
  it("takes the marks off, also within each other", () => {
    expect(revealed({ a: secret([secret("x"), { b: secret(1) }]), c: null })).toEqual({
      a: ["x", { b: 1 }],
      c: null,
    });
  });
});

describe("a state", () => {
  const inputs = {
    org: "acme",
    readTasks: true,
    keepers: { a: secret("k") },
    host: "http://h",
    permissions: { p: "read" },
  };
  const whole = {
    ...(revealed(inputs) as object),
    token: "t",
    orgId: "1",
    description: "",
    __format: 1,
    __declared: "org",
    __names: { org: ["old"] },
  };

  it("is stored without inputs, and whole again with those beside it", () => {
    const outputs = outputsOf(whole, inputs);
    expect(outputs).toEqual({
      org: "acme",
      host: "http://h",
      permissions: { p: "read" },
      token: secret("t"),
      orgId: "1",
      description: "",
      __format: 1,
      __names: secret({ org: ["old"] }),
    });
    expect(stateOf(outputs, inputs)).toEqual(whole);
  });

  it("takes a server's name in place of the declared one", () => {
    expect(stateOf({ ...outputsOf(whole, inputs), org: "renamed" }, inputs)).toMatchObject({
      org: "renamed",
      __declared: "org",
    });
  });

  it("of a step that failed is whole as it is, whatever inputs are beside it", () => {
    const stored = wholeState(whole, [{ ...inputs, keepers: { a: "k" } }, inputs]);
    expect(stored).toMatchObject({ keepers: { a: secret("k") }, token: secret("t"), readTasks: true });
    expect(stateOf(stored, { org: "acme", readLabels: true })).toEqual(whole);
  });

  it("of a dynamic resource is whole without its stub", () => {
    const stub = { __provider: "exports.handler=..." };
    expect(stateOf({ ...whole, ...stub }, { ...inputs, ...stub })).toEqual(whole);
  });

  it("keeps names of buckets secret where the program does", () => {
    const buckets = { __buckets: { metrics: "1" } };
    expect(outputsOf(buckets, { readBucket: ["metrics"] })).toEqual(buckets);
    expect(outputsOf(buckets, { readBucket: [secret("metrics")] })).toEqual({
      __buckets: secret({ metrics: "1" }),
    });
  });
});
