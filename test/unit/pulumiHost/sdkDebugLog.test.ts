import { redactSdkDebugLog } from "../../../provider/pulumiHost/sdkDebugLog";

const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";

describe("the SDK's debug lines", () => {
  const written: unknown[][] = [];
  const log = {
    debug: (...args: unknown[]): Promise<void> => {
      written.push(args);
      return Promise.resolve();
    },
  };
  redactSdkDebugLog(log, TYPE);
  beforeEach(() => written.splice(0));

  it("end before the engine's answer where that holds a token", async () => {
    const begin = `RegisterResource RPC finished: resource:ci[${TYPE}]; err: null`;
    await log.debug(`${begin}, resp: urn,id,token,,,s3cret`);
    await log.debug(
      `ReadResource RPC finished: resource:ci[${TYPE}]; err: null, resp: s3cret`,
      "resource",
      1,
    );
    expect(written).toEqual([
      [`${begin}, resp: (not shown, for it holds a token)`],
      [
        `ReadResource RPC finished: resource:ci[${TYPE}]; err: null, resp: (not shown, for it holds a token)`,
        "resource",
        1,
      ],
    ]);
  });

  it("end there also where only the answer's URN says what it is, as for the option urn", async () => {
    const begin = "getResource Invoke RPC finished: err: null";
    await log.debug(`${begin}, resp: urn,urn:pulumi:dev::acme::app$${TYPE}::ci,state,token,,,s3cret`);
    expect(written).toEqual([[`${begin}, resp: (not shown, for it holds a token)`]]);
  });

  it("are as they were for every other resource, and where there is no answer", async () => {
    const others = [
      "RegisterResource RPC finished: resource:a[random:index/randomPet:RandomPet]; err: null, resp: urn",
      `Registering resource: t=${TYPE}, name=ci, custom=true, remote=false`,
      `RegisterResource RPC finished: resource:ci[${TYPE}]; err: refused`,
    ];
    for (const line of others) await log.debug(line);
    expect(written).toEqual(others.map((line) => [line]));
  });
});
