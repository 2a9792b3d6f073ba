import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shardIndexOf } from "../../provider/fleet/memberNames";
import { formatPermission } from "../../provider/permissions/format";
import type { Permission } from "../../provider/types";
import recordings from "../recordings/cli-create.json";
import { FleetStack } from "../support/fleetStack";
import { newProvider } from "../support/providerHost";
import { fill } from "./support/compare";
import { call } from "./support/http";
import { readRecordings } from "./support/recording";
import { emulatorTarget, post, realServers, realTarget, type Target } from "./support/target";

const host = newProvider();

interface RecordedCase {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly exitCode: number;
  readonly body?: { readonly permissions: Permission[] | null } | null;
}

const cases = recordings.cases as unknown as RecordedCase[];

/** What the recorded ids and names are called by the targets. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  [recordings.ids.orgs.acme]: "{{org}}",
  [recordings.ids.orgs.umbrella]: "{{org2}}",
  [recordings.ids.users.admin]: "{{admin}}",
  [recordings.ids.users.ci]: "{{ci}}",
  [recordings.ids.buckets.primary]: "{{bucket}}",
  [recordings.ids.buckets.metrics]: "{{bucket3}}",
  [recordings.ids.buckets.logs]: "{{bucket4}}",
  [recordings.ids.buckets["elsewhere (umbrella)"]]: "{{bucket2}}",
};

const IDS = new RegExp(Object.keys(PLACEHOLDERS).join("|"), "g");

/** The CLI and the server grant the buckets: here they are errors, for such a token opens nothing. */
const REFUSED_HERE = ["bucket of another org", "bucket that does not exist"];

/** What only the server can tell; every other failure is told of before anything is sent. */
const REFUSED = [
  "org unknown",
  "org id unknown",
  "user unknown",
  "cloud-only read-flows",
  "cloud-only read-subscriptions",
  ...REFUSED_HERE,
];

/** What the recorded permissions come to, worked out apart from the provider's own table. */
function actionsByScope(permissions: readonly Permission[]): Record<string, string> {
  const texts = permissions.map(formatPermission);
  const scopes = texts.map((text) => text.slice(text.indexOf(":") + 1));
  return Object.fromEntries(
    scopes.map((scope) => [
      scope,
      ["read", "write"].filter((action) => texts.includes(`${action}:${scope}`)).join(", "),
    ]),
  );
}

const servers: [string, () => Promise<Target>][] = [
  ...readRecordings().map(({ recording }): [string, () => Promise<Target>] => [
    `the emulator of ${recording.server}`,
    () => emulatorTarget(recording),
  ]),
  ...realServers().map(({ url, token }): [string, () => Promise<Target>] => [
    "the server at INFLUX_HOST",
    () => realTarget(url, token),
  ]),
];

describe.each(servers)("the provider on %s", (_title, open) => {
  let target: Target;
  let home: string;

  beforeAll(async () => {
    target = await open();
    home = await mkdtemp(join(tmpdir(), "contract-"));
  });
  afterAll(async () => {
    await target.remove();
    await rm(home, { recursive: true });
  });

  /** The recorded value with this server's ids and names in place of the recorded ones. */
  function here<T>(value: T): T {
    const text = JSON.stringify(value).replaceAll(IDS, (id) => PLACEHOLDERS[id] ?? id);
    return fill(JSON.parse(text), target.bindings) as T;
  }

  async function inputsOf(args: Record<string, unknown>) {
    const named = Object.entries(here(args)).map(([name, value]) => [
      name,
      name === "org" || name === "user" ? (target.names.get(String(value)) ?? value) : value,
    ]);
    const connection = { host: target.url, token: target.operatorToken };
    return host.checked({ ...(Object.fromEntries(named) as object), connection });
  }

  async function create(args: Record<string, unknown>) {
    const inputs = await inputsOf(args);
    const made = await host.create(inputs);
    target.made(`/api/v2/authorizations/${made.id}`);
    return { inputs, ...made };
  }

  it.each(cases.filter(({ exitCode, name }) => exitCode === 0 && !REFUSED_HERE.includes(name)))(
    "grants what the CLI got for $name, and finds it so again",
    async ({ args, body }) => {
      const { inputs, id, outs } = await create(args);
      expect(outs.effectivePermissions).toEqual(actionsByScope(here(body?.permissions ?? [])));
      expect(await host.read(id, outs)).toMatchObject({ id, props: outs });
      expect(await host.diff(id, outs, inputs)).toMatchObject({ changes: false, replaces: [] });
    },
  );

  it.each(cases.filter(({ name }) => REFUSED.includes(name)))(
    "makes no token for $name",
    async ({ args }) => {
      await expect(create(args)).rejects.toThrow();
    },
  );

  it("changes description and status in place, and the server keeps to it", async () => {
    const { inputs, id, outs } = await create({ org: "acme", readTasks: true, description: "before" });
    const edited = { ...inputs, description: "after", status: "inactive" };
    const { outs: after } = await host.update(id, outs, edited);
    expect(after).toMatchObject({ description: "after", status: "inactive", token: outs.token });
    expect(await host.read(id, after)).toMatchObject({ id, props: after });
    expect(await host.diff(id, after, edited)).toMatchObject({ changes: false });
  });

  it("removes a token, and finds that it is gone", async () => {
    const { id, outs } = await create({ org: "acme", readTasks: true });
    await host.delete(id, outs);
    expect(await host.read(id, outs)).toEqual({ id: "" });
    await host.delete(id, outs);
  });

  const onServer = (method: string, path: string, body?: object) =>
    call(target.url, { method, path, token: target.operatorToken, ...(body && { body }) });
  const binding = (name: string): string => target.bindings.get(name) ?? "";

  async function makeBucket(name: string): Promise<string> {
    const body = { orgID: binding("org"), name, retentionRules: [] };
    const { id } = (await post(target.url, target.operatorToken, "/api/v2/buckets", body)) as { id: string };
    target.made(`/api/v2/buckets/${id}`);
    return id;
  }

  it("knows buckets by names of any kind, follows a rename, and finds one that was made anew", async () => {
    const names = ["0123456789abcdef", " sp ace/\u00e4%+", "name:x"];
    for (const name of names) await makeBucket(name);
    const first = await makeBucket("named");
    const readBucket = [...names.map((name) => `name:${name}`), "named"];
    const { inputs, id, outs } = await create({ org: "acme", readBucket });
    expect(Object.keys(outs.effectivePermissions)).toHaveLength(4);
    expect(await newProvider().read(id, outs)).toMatchObject({ id, props: outs });

    await onServer("PATCH", `/api/v2/buckets/${first}`, { name: "renamed" });
    const renamed = (await newProvider().read(id, outs)).props;
    expect(await host.diff(id, renamed, inputs)).toMatchObject({ changes: false });
    await makeBucket("named");
    const anew = (await newProvider().read(id, outs)).props;
    expect(await host.diff(id, anew, inputs)).toMatchObject({ replaces: ["permissions"] });
    await expect(create({ org: "acme", readBucket: ["namde"] })).rejects.toThrow('did you mean "named"');
  });

  it("finds no drift of buckets by a token that may not see them, and says so", async () => {
    await makeBucket("unseen");
    const { id, outs } = await create({ org: "acme", readBucket: ["unseen"] });
    const users = { [`/users/${binding("admin")}`]: "read" };
    const weak = { readAuthorizations: true, extraPermissions: users };
    const { token } = (await create({ org: "acme", ...weak })).outs;
    const warnings: string[] = [];
    const reader = newProvider({ log: { warn: (message) => void warnings.push(message) } });
    const found = await reader.read(id, { ...outs, connection: { host: target.url, token } });
    expect(found.props).toEqual({ ...outs, connection: { host: target.url, token } });
    expect(warnings).toEqual([expect.stringMatching(/names of buckets cannot be checked/)]);
  });

  it("grants what no flag can ask for, to an owner by id", async () => {
    const extraPermissions = {
      "telegrafs/0123456789abcdef": "read, write",
      [`/orgs/${binding("org")}`]: "read",
      users: "read",
    };
    const { id, outs } = await create({ org: "acme", userId: binding("ci"), extraPermissions });
    const scope = `orgs/${binding("org")}`;
    expect(outs.effectivePermissions).toEqual({
      [`${scope}/telegrafs/0123456789abcdef`]: "read, write",
      [`/orgs/${binding("org")}`]: "read",
      [`${scope}/users`]: "read",
    });
    expect(outs.userId).toBe(binding("ci"));
    expect(await host.read(id, outs)).toMatchObject({ id, props: outs });
  });

  it("adopts a token that was made by hand, with its value and with no other", async () => {
    const permissions = [{ action: "read", resource: { type: "tasks", orgID: binding("org") } }];
    const make = async (more: object) => {
      const body = { orgID: binding("org"), permissions, ...more };
      const made = await post(target.url, target.operatorToken, "/api/v2/authorizations", body);
      target.made(`/api/v2/authorizations/${String(made["id"])}`);
      return made as { id: string; token: string };
    };
    const { id, token } = await make({ description: "by hand", status: "inactive" });
    const others = await make({ userID: binding("ci") });
    const declared = { org: "acme", readTasks: true, description: "by hand", adopt: id };
    await expect(create({ ...declared, writeTasks: true })).rejects.toThrow("+ write:orgs/");
    await expect(create({ ...declared, adoptToken: others.token })).rejects.toThrow("adoptToken");
    await expect(create({ ...declared, adoptToken: "wrong" })).rejects.toThrow("adoptToken");
    const { outs } = await create({ ...declared, adoptToken: token });
    expect(outs).toMatchObject({ token, status: "active", description: "by hand" });
    expect(await host.read(id, outs)).toMatchObject({ id, props: outs });
  });

  it("gives a token that opens what it is for, and nothing else", async () => {
    const { outs } = await create({ org: "acme", readBucket: [recordings.ids.buckets.primary] });
    const opened = ["bucket", "bucket2", "bucket3"].map(async (name) => {
      const path = `/api/v2/buckets/${target.bindings.get(name) ?? ""}`;
      return (await call(target.url, { method: "GET", path, token: outs.token })).status === 200;
    });
    expect(await Promise.all(opened)).toEqual([true, false, false]);
  });

  it("makes a fleet, finds it by one list, renews it without a gap, and leaves nothing of it", async () => {
    const env = { INFLUX_HOST: target.url, INFLUX_TOKEN: target.operatorToken, XDG_STATE_HOME: home };
    const stack = new FleetStack({ env }, "contract/fleet");
    const org = target.names.get("acme") ?? "acme";
    // In two shards, each of which then has so many that a list is asked for.
    const names = Array.from({ length: 1_000 }, (_, index) => `device-${index}`);
    const members = names.filter((name) => shardIndexOf(name) < 2).slice(0, 12);
    const [one = ""] = members;
    const fleet = (each: object) => ({
      f: { each: { org, user: target.names.get("ci") ?? "ci", ...each }, members },
    });
    const remember = (): void => {
      for (const { id } of stack.members().values()) target.made(`/api/v2/authorizations/${id}`);
    };
    const works = async (token: string | undefined): Promise<boolean> =>
      (await call(target.url, { method: "GET", path: "/api/v2/me", token: token ?? "" })).status !== 401;

    await stack.succeed(fleet({ readUsers: true }));
    remember();
    const first = stack.members().get(`f/${one}`);
    expect([stack.members().size, await works(first?.token)]).toEqual([12, true]);
    await stack.refresh();
    expect(await stack.preview(fleet({ readUsers: true }))).toEqual([]);
    await onServer("PATCH", `/api/v2/authorizations/${first?.id ?? ""}`, { status: "inactive" });
    await stack.refresh();
    expect(await stack.preview(fleet({ readUsers: true }))).toHaveLength(1);
    await stack.succeed(fleet({ readUsers: true, readTasks: true }));
    remember();
    expect([await works(first?.token), await works(stack.members().get(`f/${one}`)?.token)]).toEqual([
      false,
      true,
    ]);
    await stack.succeed({});
    const left = await onServer(
      "GET",
      `/api/v2/authorizations?orgID=${binding("org")}&userID=${binding("ci")}`,
    );
    expect(JSON.stringify(left)).not.toContain("contract/fleet/");
  });
});
