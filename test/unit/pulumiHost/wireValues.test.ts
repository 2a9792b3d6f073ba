import { fromWire, toWire, WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { UNKNOWN } from "../../../provider/token/unknown";
import { newProvider, stateAt } from "../../support/providerHost";

const host = newProvider();
const ORG = "00000000000000a1";
const HOST = "http://localhost:8086";
const connection = { host: HOST };

describe("values on the wire", () => {
  it("are unknown at any depth, both ways, and nothing else of them changes", () => {
    const sent = { a: WIRE_UNKNOWN, b: [WIRE_UNKNOWN, 1, null, { c: WIRE_UNKNOWN, d: true }], e: "text" };
    const ours = { a: UNKNOWN, b: [UNKNOWN, 1, null, { c: UNKNOWN, d: true }], e: "text" };
    expect(fromWire(sent)).toEqual(ours);
    expect(toWire(ours)).toEqual(sent);
  });
});

describe("check", () => {
  it("gives what follows from an unknown value as Pulumi's mark, and never as our own", async () => {
    const inputs = await host.checked({
      org: WIRE_UNKNOWN,
      readBucket: ["00000000000000b1", WIRE_UNKNOWN],
      keepers: { build: WIRE_UNKNOWN },
      connection: { host: WIRE_UNKNOWN },
    });
    expect(inputs).toEqual({
      org: WIRE_UNKNOWN,
      readBucket: ["00000000000000b1", WIRE_UNKNOWN],
      keepers: { build: WIRE_UNKNOWN },
      connection: { host: WIRE_UNKNOWN },
      host: WIRE_UNKNOWN,
      permissions: WIRE_UNKNOWN,
    });
  });
});

describe("diff", () => {
  const declared = { org: "acme", readTasks: true, connection };

  async function diff(recorded: object, news: object): Promise<object> {
    const olds = await host.checked({ ...declared, ...recorded });
    const answered = { orgId: ORG, token: "t", status: "active", description: "", __declared: "org" };
    const granted = { effectivePermissions: { [`orgs/${ORG}/tasks`]: "read" } };
    const state = { ...stateAt(HOST, {}), ...answered, ...granted, ...olds };
    return host.diff("00000000000000d1", state, await host.checked({ ...declared, ...news }));
  }

  it("wants a new token where a keeper is unknown", async () => {
    expect(await diff({ keepers: { build: "1" } }, { keepers: { build: WIRE_UNKNOWN } })).toMatchObject({
      changes: true,
      replaces: ["keepers"],
    });
  });
});
