import type { UntypedHandleCall } from "@grpc/grpc-js";
import type * as pulumi from "@pulumi/pulumi";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { parse } from "yaml";
import { cannedFrom, meanTokenBytes, withoutStackTraces } from "../../../bench/lifecycle";
import { nativeFloor } from "../../../bench/nativeFloor";
import { projectText } from "../../../bench/projects";
import { toStruct } from "../../../native/wire";
import { CANNED, declaredNow, PLAN, type Plan, plannedTokens, type Values } from "../../../bench/plan";

const ID = "0a1b2c3d4e5f6071";
const TYPE = "pulumi-nodejs:dynamic/influxdb:InfluxToken";
const PLANNED: Plan = { n: 3, bucketId: ID, edited: false, narrowed: false };

describe("what the programs of the benchmark declare", () => {
  it("is of one size for each token", () => {
    const sizes = plannedTokens({ ...PLANNED, n: 1000 }).map((token) => JSON.stringify(token).length);
    expect(new Set(sizes).size).toBe(1);
  });

  it("differs in one description, or in one permission", () => {
    const changed = (plan: Plan): number[] => {
      const before = plannedTokens(PLANNED);
      return plannedTokens(plan).flatMap((token, index) =>
        JSON.stringify(token) === JSON.stringify(before[index]) ? [] : [index],
      );
    };
    expect(changed({ ...PLANNED, edited: true })).toEqual([0]);
    expect(changed({ ...PLANNED, narrowed: true })).toEqual([1]);
  });

  it("reaches the program through its environment", () => {
    expect(declaredNow({ [PLAN]: JSON.stringify(PLANNED) })[2]).toEqual({
      name: "token-00002",
      args: { org: "acme", description: "service 00002: made", readBucket: [ID], writeBucket: [ID] },
    });
  });

  it("is in YAML what it is in TypeScript, and comes from the plugin of the given folder", () => {
    const tokens = plannedTokens(PLANNED);
    const plugins = { providers: [{ name: "influx-token", path: "/plugin" }] };
    const resources = tokens.map(({ name, args }) => [
      name,
      { type: "influx-token:Token", properties: args },
    ]);
    const yaml: unknown = parse(projectText("/plugin", undefined, tokens));
    expect(yaml).toEqual({
      name: "bench",
      runtime: "yaml",
      plugins,
      resources: Object.fromEntries(resources) as object,
    });
    const typeScript: unknown = parse(projectText("/plugin", "native", tokens));
    const main = expect.stringMatching(/[\\/]bench[\\/]programs[\\/]native$/) as unknown;
    expect(typeScript).toEqual({ name: "bench", runtime: "nodejs", plugins, main });
  });
});

describe("what the benchmark counts", () => {
  it("are the bytes of tokens in the checkpoint, and of nothing else", () => {
    const token = { urn: "", type: TYPE, id: ID };
    const stack = { urn: "", type: "pulumi:pulumi:Stack" };
    const provider = { urn: "", type: "pulumi:providers:influx-token" };
    const resources = [stack, provider, token, { ...token, id: `${ID}${ID}` }];
    expect(meanTokenBytes({ resources })).toBe(JSON.stringify(token).length + ID.length / 2 + 1);
    const native = { ...token, type: "influx-token:index:Token" };
    expect(meanTokenBytes({ resources: [stack, native] })).toBe(JSON.stringify(native).length + 1);
  });

  it("are without stack traces the same bytes less theirs", () => {
    const resource = { urn: "", type: TYPE, id: ID };
    const traced = { ...resource, stackTrace: [{ sourcePosition: "project:///index.ts#1,2" }] };
    expect(withoutStackTraces({ resources: [traced] })).toEqual({ resources: [resource] });
    expect(meanTokenBytes(withoutStackTraces({ resources: [traced] }))).toBe(
      JSON.stringify(resource).length + 1,
    );
  });
});

describe("what the floor answers", () => {
  const permissions = { [`orgs/acme/buckets/${ID}`]: "read, write" };
  const inputs = { org: "acme", description: "made", readBucket: [ID], writeBucket: [ID], permissions };
  const outputs = { ...inputs, effectivePermissions: permissions };
  const canned = cannedFrom({
    resources: [
      {
        urn: "urn",
        type: TYPE,
        inputs: { ...inputs, __provider: "stub" },
        outputs: { ...outputs, __provider: "stub", token: { plaintext: '"secret"' } },
      },
    ],
  });
  let floor: Required<pulumi.dynamic.ResourceProvider<Values, Values>>;

  beforeAll(() => {
    process.env[CANNED] = JSON.stringify(canned);
    floor = jest.requireActual("../../../bench/floor");
  });

  it("is as long as what a real token has, without its secret", () => {
    expect(canned).toEqual({ inputs, outputs: { ...outputs, token: "tttttt" } });
    expect(cannedFrom({})).toEqual({ inputs: {}, outputs: { token: "" } });
  });

  it("is what the real provider answered, with the description that is declared", async () => {
    const news = { ...inputs, description: "edit" };
    expect(await floor.check({}, news)).toEqual({ inputs: news });
    expect((await floor.create(news)).outs).toEqual({ ...canned.outputs, description: "edit" });
    expect(await floor.diff("1", canned.outputs, news)).toMatchObject({ changes: true, replaces: [] });
    expect(await floor.diff("1", canned.outputs, inputs)).toMatchObject({ changes: false, replaces: [] });
  });

  it("is a token that only reads, where writing is not declared", async () => {
    const news = { org: "acme", description: "made", readBucket: [ID], permissions };
    const readOnly = { [`orgs/acme/buckets/${ID}`]: "read" };
    expect(await floor.check({}, news)).toEqual({ inputs: { ...news, permissions: readOnly } });
    expect((await floor.create(news)).outs).toMatchObject({
      permissions: readOnly,
      effectivePermissions: readOnly,
    });
    expect(await floor.diff("1", canned.outputs, news)).toMatchObject({ replaces: ["permissions"] });
  });
});

interface Answers {
  check: proto.CheckResponse;
  create: proto.CreateResponse;
  diff: proto.DiffResponse;
  getSchema: proto.GetSchemaResponse;
  read: proto.ReadResponse;
  update: proto.UpdateResponse;
}

describe("what the plugin's floor answers", () => {
  const permissions = { [`orgs/acme/buckets/${ID}`]: "read, write" };
  const inputs = { org: "acme", description: "made", readBucket: [ID], writeBucket: [ID], permissions };
  const outputs = { org: "acme", description: "made", effectivePermissions: permissions, token: "tttttt" };
  const floor = nativeFloor({ inputs, outputs }, "the schema");

  /** As a gRPC server calls it. */
  function ask<Method extends keyof Answers>(method: Method, request: object): Answers[Method] {
    let answer: Answers[Method] | undefined;
    const handler = floor[method] as UntypedHandleCall as (call: object, callback: object) => void;
    handler({ request }, (_error: unknown, response: Answers[Method]) => {
      answer = response;
    });
    if (answer === undefined) throw new Error(`${method} gave no answer`);
    return answer;
  }

  it("is what the real plugin answered, with the description that is declared", () => {
    const news = toStruct({ ...inputs, description: "edit" });
    const checked = ask("check", new proto.CheckRequest().setNews(news));
    expect(checked.getInputs()?.toJavaScript()).toEqual({ ...inputs, description: "edit" });
    const created = ask("create", new proto.CreateRequest().setProperties(news));
    expect(created.getProperties()?.toJavaScript()).toEqual({ ...outputs, description: "edit" });
    const updated = ask("update", new proto.UpdateRequest().setNews(news));
    expect(updated.getProperties()).toEqual(created.getProperties());
    expect(ask("getSchema", new proto.GetSchemaRequest()).getSchema()).toBe("the schema");
  });

  it("is an id of its own for each token", () => {
    const create = () => ask("create", new proto.CreateRequest().setProperties(toStruct(inputs))).getId();
    const ids = [create(), create()];
    expect(new Set(ids).size).toBe(2);
    expect(ids.join("")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is a change where the description differs, and a replacement where writing is not declared any more", () => {
    const narrowed = { org: "acme", description: "made", readBucket: [ID], permissions };
    const diff = (news: Values): unknown[] => {
      const request = new proto.DiffRequest().setOldInputs(toStruct(inputs)).setNews(toStruct(news));
      const response = ask("diff", request);
      return [response.getChanges(), response.getReplacesList()];
    };
    const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
    expect(diff(inputs)).toEqual([DIFF_NONE, []]);
    expect(diff({ ...inputs, description: "edit" })).toEqual([DIFF_SOME, []]);
    expect(diff(narrowed)).toEqual([DIFF_SOME, ["permissions"]]);
    const created = ask("create", new proto.CreateRequest().setProperties(toStruct(narrowed)));
    expect(created.getProperties()?.toJavaScript()).toMatchObject({
      effectivePermissions: { [`orgs/acme/buckets/${ID}`]: "read" },
    });
  });

  it("is what the state has, where it is read", () => {
    const request = new proto.ReadRequest()
      .setId("1")
      .setProperties(toStruct(outputs))
      .setInputs(toStruct(inputs));
    const response = ask("read", request);
    expect([response.getId(), response.getProperties(), response.getInputs()]).toEqual([
      "1",
      request.getProperties(),
      request.getInputs(),
    ]);
  });
});
