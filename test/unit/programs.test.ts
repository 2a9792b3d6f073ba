import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import provider from "../../provider/rotatingProvider";
import type { RotatingInputs } from "../../provider/token/rotating";
import { expandPermissions } from "../../provider/permissions/expand";
import { permissionTable } from "../../provider/permissions/table";
import { runWithMocks } from "../support/program";

const ROOT = join(__dirname, "..", "..");
const PROGRAM = join(ROOT, "program", "index.ts");

describe("the program of the root", () => {
  it("makes a token for each entry of the stack config influx-token:tokens", async () => {
    const tokens = { ci: { org: "acme", readTasks: true }, cd: { org: "acme", operator: true } };
    const { registered, exported } = await runWithMocks(PROGRAM, {
      "influx-token:tokens": JSON.stringify(tokens),
    });
    expect(registered.map(({ name, inputs }) => [name, without(inputs, "__provider")])).toEqual(
      Object.entries(tokens),
    );
    expect(Object.keys(exported["ids"] ?? {})).toEqual(["ci", "cd"]);
    expect(Object.keys(exported["tokens"] ?? {})).toEqual(["ci", "cd"]);
  });

  describe("with the stack config influx-token:tokensFrom", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "tokens-from-"));
      writeFileSync(join(folder, "a.yaml"), "ci: &ci { org: acme, readTasks: true }\ncd: *ci\n");
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it("makes those of the files, and those of the stack config beside them", async () => {
      const inputs = { org: "acme", readTasks: true };
      const { registered, exported } = await runWithMocks(PROGRAM, {
        "influx-token:tokens": JSON.stringify({ auditor: inputs }),
        "influx-token:tokensFrom": folder,
      });
      expect(registered.map((each) => [each.name, without(each.inputs, "__provider")])).toEqual([
        ["auditor", inputs],
        ["ci", inputs],
        ["cd", inputs],
      ]);
      expect(Object.keys(exported["tokens"] ?? {})).toEqual(["auditor", "ci", "cd"]);
    });

    it("makes none where something is wrong, and names both places of a token that is declared twice", async () => {
      const config = {
        "influx-token:tokens": '{"cd":{"org":"acme","readTasks":true}}',
        "influx-token:tokensFrom": folder,
      };
      await expect(runWithMocks(PROGRAM, config)).rejects.toThrow(
        `influx-token:tokensFrom: ${folder}\n${folder}/a.yaml:2: cd is also declared in influx-token:tokens of the stack config`,
      );
      await expect(runWithMocks(PROGRAM, config)).rejects.toMatchObject({ __pulumiRunError: true });
    });
  });

  describe("with the stack config influx-token:fleets", () => {
    let folder: string;
    const each = { org: "acme", readTasks: true };
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "fleets-"));
      writeFileSync(join(folder, "devices.csv"), "member,status\na,\nb,inactive\n");
      writeFileSync(
        join(folder, "iot.yaml"),
        "fleets: { meters: { each: { org: acme, readTasks: true }, members: [c] } }\n",
      );
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it("makes them with the members of their files, beside tokens and the fleets of files", async () => {
      const { registered, exported } = await runWithMocks(PROGRAM, {
        "influx-token:tokens": JSON.stringify({ ci: each }),
        "influx-token:fleets": JSON.stringify({
          sensors: { each, membersFrom: join(folder, "devices.csv"), keepOldFor: "24h" },
        }),
        "influx-token:tokensFrom": folder,
      });
      const components = registered.filter(({ type }) => type === "influx-token:index:InfluxTokenFleet");
      expect(components.map(({ name }) => name).sort()).toEqual(["meters", "sensors"]);
      const members = registered.flatMap(({ inputs }) => Object.entries(inputs["members"] ?? {}));
      expect(Object.fromEntries(members)).toEqual({ a: {}, b: { status: "inactive" }, c: {} });
      expect(Object.keys(exported["tokens"] ?? {})).toEqual(["ci"]);
      expect(Object.keys(exported["fleets"] ?? {})).toEqual(["sensors", "meters"]);
    });

    it("makes nothing where something is wrong, and names both places of a name that is declared twice", async () => {
      const config = {
        "influx-token:tokens": JSON.stringify({ ci: each, sensors: each }),
        "influx-token:fleets": JSON.stringify({
          sensors: { each, members: [] },
          meters: { each, membersFrom: join(folder, "gone.csv") },
        }),
      };
      await expect(runWithMocks(PROGRAM, config)).rejects.toThrow(
        `influx-token:fleets\ninflux-token:fleets.sensors: sensors is also declared in influx-token:tokens of the stack config\n${folder}/gone.csv: it cannot be read (ENOENT)`,
      );
      await expect(runWithMocks(PROGRAM, config)).rejects.toMatchObject({ __pulumiRunError: true });
      const twice = {
        "influx-token:fleets": JSON.stringify({ meters: { each, members: [] } }),
        "influx-token:tokensFrom": join(folder, "iot.yaml"),
      };
      await expect(runWithMocks(PROGRAM, twice)).rejects.toThrow(
        "iot.yaml:1: meters is also declared in influx-token:fleets of the stack config",
      );
    });
  });

  it.each([
    [{ "influx-token:tokens": '["ci"]' }, /influx-token:tokens must hold an entry for each token/],
    [{ "influx-token:tokens": '{"ci":"all-access"}' }, /influx-token:tokens.ci must hold the token's inputs/],
    [{ "influx-token:fleets": '["a"]' }, /influx-token:fleets must hold an entry for each fleet/],
    [{ "influx-token:fleets": '{"a":[]}' }, /influx-token:fleets.a must hold the fleet's inputs/],
    [{}, /none of influx-token:tokens, influx-token:fleets and influx-token:tokensFrom/],
  ])("says what the stack config %j lacks", async (config, message) => {
    await expect(runWithMocks(PROGRAM, config)).rejects.toThrow(message);
  });
});

describe("the example rotation", () => {
  async function inputsFor(period: string): Promise<RotatingInputs> {
    const { registered } = await runWithMocks(
      join(ROOT, "examples", "rotation", "index.ts"),
      { "project:period": period },
      ({ type, inputs }) =>
        type === "random:index/randomId:RandomId"
          ? { hex: Buffer.from(JSON.stringify(inputs["keepers"])).toString("hex") }
          : {},
    );
    const token = registered.find(({ type }) => type.endsWith(":RotatingInfluxToken"));
    const { inputs, failures } = (await provider.check?.({} as never, token?.inputs as never)) ?? {};
    expect(failures).toEqual([]);
    return inputs as RotatingInputs;
  }

  it("gives a new token for a new period, and the same one for the same", async () => {
    const december = await inputsFor("2026-12");
    expect(december).toMatchObject({
      keepers: { rotation: Buffer.from('{"period":"2026-12"}').toString("hex") },
    });
    const [ORG, USER] = ["00000000000000a1", "00000000000000b1"];
    const state = {
      ...december,
      org: "acme",
      description: "acme: rotated",
      status: "active",
      orgId: ORG,
      user: "admin",
      userId: USER,
      token: "t0ken",
      authorizationId: "00000000000000d1",
      rotatedAt: "2026-12-01T00:00:00Z",
      effectivePermissions: permissionTable(expandPermissions(december, { orgId: ORG, userId: USER })),
      __format: 1,
      __declared: "org description",
    };
    const diff = (news: RotatingInputs): unknown => provider.diff?.("id", state as never, news);
    expect(await diff(await inputsFor("2026-12"))).toMatchObject({ changes: false });
    expect(await diff(await inputsFor("2027-01"))).toMatchObject({ changes: true, replaces: [] });
  });
});

function without(inputs: object, key: string): unknown {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== key));
}
