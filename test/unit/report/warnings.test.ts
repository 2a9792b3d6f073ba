import * as pulumi from "@pulumi/pulumi";
import { InfluxToken, type InfluxTokenArgs } from "../../../provider";

/** Pulumi's mocks stand in for the engine, and its log is listened to: what is tested is what the class tells it. */
async function warningsOf(args: InfluxTokenArgs): Promise<string[]> {
  const told: string[] = [];
  const warn = jest.spyOn(pulumi.log, "warn").mockImplementation((message, resource) => {
    expect(resource).toBeInstanceOf(InfluxToken);
    told.push(message.split(" ")[0] ?? "");
    return Promise.resolve();
  });
  const token = new InfluxToken("ci", args);
  await new Promise((resolve) => token.urn.apply(resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  warn.mockRestore();
  return told;
}

/** A value that only `pulumi up` will know. */
const unknown = <T>(): pulumi.Output<T> => {
  const output = pulumi.output("later").apply(() => undefined as unknown as T);
  Object.assign(output, { isKnown: Promise.resolve(false) });
  return output;
};

describe("warnings of InfluxToken", () => {
  beforeAll(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as object }),
        call: () => ({}),
      },
      "project",
      "stack",
      true,
    );
  });

  it("are none for a token without risks", async () => {
    expect(await warningsOf({ readTasks: true, writeBucket: ["00000000000000c1"] })).toEqual([]);
  });

  it("are one for each risk", async () => {
    expect(await warningsOf({ readOrgs: true, writeOrgs: true, readSecrets: true })).toEqual([
      "server-wide-orgs",
      "read-secrets",
    ]);
  });

  it("are one for an operator token, however much it brings along", async () => {
    expect(await warningsOf({ operator: true })).toEqual(["operator-token"]);
  });

  it("leave out what is acknowledged, also before the reason is known", async () => {
    const acknowledge = { "read-secrets": unknown<string>() };
    expect(await warningsOf({ readSecrets: true, readOrgs: true, acknowledge })).toEqual([
      "server-wide-orgs",
    ]);
  });

  it("look at outputs and promises as soon as they are known, and tell of each risk once", async () => {
    const args = { readSecrets: true, readOrgs: pulumi.output(true), writeOrgs: Promise.resolve(true) };
    expect(await warningsOf(args)).toEqual(["read-secrets", "server-wide-orgs"]);
    expect(
      await warningsOf({ operator: true, acknowledge: pulumi.output({ "operator-token": "why" }) }),
    ).toEqual([]);
    expect(await warningsOf({ operator: true, acknowledge: pulumi.output({}) })).toEqual(["operator-token"]);
  });

  it("are none for what the commonest token may do, and what is only worth a look", async () => {
    expect(await warningsOf({ writeBuckets: true })).toEqual([]);
    expect(await warningsOf({ writeBuckets: pulumi.output(true), readSecrets: true })).toEqual([
      "read-secrets",
    ]);
  });

  it("give no secret away", async () => {
    expect(await warningsOf({ readTasks: true, readSecrets: pulumi.secret(true) })).toEqual([]);
    expect(await warningsOf({ operator: pulumi.secret(true), readTasks: pulumi.output(false) })).toEqual([]);
  });

  it("take what turns out to be left out for left out", async () => {
    const nothing = <T>() => pulumi.output(undefined) as unknown as pulumi.Output<T>;
    const empty = null as unknown as pulumi.Input<boolean>;
    expect(await warningsOf({ readSecrets: nothing(), readUsers: empty, readOrgs: true })).toEqual([
      "server-wide-orgs",
    ]);
    for (const acknowledge of [
      nothing(),
      null,
      undefined,
      { "read-secrets": nothing() },
      { "read-secrets": null },
    ])
      expect(await warningsOf({ readSecrets: true, acknowledge: acknowledge as never })).toEqual([
        "read-secrets",
      ]);
    expect(
      await warningsOf({ readSecrets: true, acknowledge: { "read-secrets": pulumi.output("why") } }),
    ).toEqual([]);
  });

  it("say nothing of what a preview does not know", async () => {
    expect(await warningsOf({ readTasks: true, readOrgs: unknown<boolean>() })).toEqual([]);
    expect(await warningsOf({ operator: true, acknowledge: unknown() })).toEqual([]);
  });
});
