import * as fc from "fast-check";
import { fromWire, toWire, WIRE_UNKNOWN } from "../../../provider/pulumiHost/wireValues";
import { isUnknown, UNKNOWN } from "../../../provider/token/unknown";
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

  it("come back as they were sent, whatever they are", () => {
    const text = fc.oneof(
      fc.constantFrom(WIRE_UNKNOWN, UNKNOWN, `\0${UNKNOWN}`, `\0\0${UNKNOWN}`, `x${UNKNOWN}`, "\0", ""),
      fc.string(),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(text, fc.integer(), fc.array(tie("value")), fc.dictionary(text, tie("value"))),
    }));
    fc.assert(
      fc.property(value, (given) => {
        expect(toWire(fromWire(given))).toEqual(given);
      }),
    );
  });

  it("are no unknown value where a program's text looks like our mark, however often it is escaped", () => {
    for (const text of [UNKNOWN, `\0${UNKNOWN}`, `\0\0${UNKNOWN}`]) {
      expect(isUnknown(fromWire(text))).toBe(false);
    }
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

  it("takes a text that looks like our mark for that text", async () => {
    const inputs = await host.checked({ org: "acme", readTasks: true, description: UNKNOWN, connection });
    expect(inputs).toMatchObject({ description: UNKNOWN, permissions: { "orgs/acme/tasks": "read" } });
  });
});

describe("diff", () => {
  const declared = { org: "acme", readTasks: true, connection };

  async function diff(recorded: object, news: object): Promise<object> {
    const olds = await host.checked({ ...declared, ...recorded });
    const answered = { orgId: ORG, token: "t", status: "active", description: "" };
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

  it("sees no change in a text that looks like our mark, on both sides", async () => {
    const same = { description: UNKNOWN };
    expect(await diff(same, same)).toMatchObject({ changes: false });
    expect(await diff(same, { description: "ci" })).toMatchObject({ changes: true, replaces: [] });
  });
});
