import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { runCommand } from "../../../cli/run";
import { expandPermissions } from "../../../provider/permissions/expand";
import { referenceTo } from "../../../provider/permissions/bucketReference";
import { grantSame } from "../../../provider/permissions/format";
import { checkInputs } from "../../../provider/token/inputs";
import { TOKEN } from "../../../provider/pulumiHost/stub";
import { FLEET_KINDS, TOKEN_KINDS } from "../../../provider/tokenTypes";
import { retirementOf, shardsOf } from "../../support/fleetStates";
import { startServer, type TestServer } from "../../support/influxdb";
import { makeManyTokens, type ManyTokens, ODD_BUCKETS } from "../../support/manyTokens";
import { newProvider } from "../../support/providerHost";
import { reverseProxyTo } from "../../support/reverseProxy";
import { OWN, Servers } from "../../support/serving";
import { byPrettier, compileProgram, declaredBy, type Declared } from "./support/programs";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  args: readonly string[],
  { env = {}, stdin = "" }: { env?: NodeJS.ProcessEnv; stdin?: string } = {},
): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await runCommand(["import", ...args], {
    env: { INFLUX_CONFIGS_PATH: "", ...env },
    cwd: folder,
    isTerminal: false,
    version: "1.2.3",
    readStdin: () => Promise.resolve(stdin),
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

function file(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

/** What `pulumi stack export` prints of a stack with these tokens. */
function exported(host: string, ids: readonly string[], more: object = {}): unknown {
  const resources = ids.map((id, n) => ({
    urn: `urn:pulumi:dev::acme::${TOKEN.type}::managed-${n}`,
    custom: true,
    id,
    type: TOKEN.type,
    outputs: { host },
    ...more,
  }));
  return { version: 3, deployment: { resources } };
}

describe.each([
  ["tells the values of tokens", true],
  ["stores tokens hashed", false],
])("influx-token import, from a server that %s", (_, plainTokens) => {
  let server: TestServer;
  let made: ManyTokens;
  let printed: Ran;
  let programs: readonly Declared[];
  const importing = (...args: string[]): Promise<Ran> =>
    run(["--org", "acme", ...args], { env: { INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken } });
  /** The tokens that the server has, but for the operator's first, which asks. */
  const others = () => server.authorizations().slice(1);

  beforeAll(async () => {
    server = await startServer({ plainTokens });
    made = await makeManyTokens(server);
    server.countRequests();
    printed = await importing();
    programs = declaredBy(printed.out);
  });
  afterAll(() => server.close());

  it("asks for each thing once, and changes nothing", async () => {
    await importing();
    server.countRequests();
    await importing();
    expect(server.countRequests()).toEqual({
      "GET /api/v2/orgs": 1,
      "GET /api/v2/me": 1,
      "GET /api/v2/resources": 1,
      "GET /api/v2/authorizations": 1,
      "GET /api/v2/buckets": 1,
    });
  });

  it("prints a program with each token of all kinds, that compiles and is as prettier has it", () => {
    expect([printed.code, printed.err]).toEqual([0, ""]);
    expect(made.adoptable.length).toBeGreaterThan(50);
    expect(compileProgram(printed.out)).toEqual([]);
    const wanted = made.adoptable.map(({ id }) => id);
    const adopted = programs.map(({ inputs }) => inputs["adopt"]);
    const own = plainTokens
      ? []
      : server
          .authorizations()
          .slice(0, 1)
          .map(({ id }) => id);
    expect([...adopted].sort()).toEqual([...own, ...wanted].sort());
    expect(byPrettier(printed.out)).toBe(printed.out);
  });

  it("declares what each token has", async () => {
    const { buckets } = await server.call<{ buckets: { id: string; name: string }[] }>(
      "GET",
      "/api/v2/buckets?limit=100",
    );
    const bucketIds = new Map(buckets.map(({ id, name }) => [referenceTo(name), id]));
    for (const { name, inputs } of programs) {
      const token = server.authorizations().find(({ id }) => id === inputs["adopt"]);
      if (token === undefined) throw new Error(`${name} is no token`);
      const expanded = expandPermissions(inputs, {
        orgId: server.orgId,
        userId: token.userID,
        bucketIds,
      });
      expect([name, grantSame(expanded, token.permissions)]).toEqual([name, true]);
      expect([name, inputs["description"] ?? ""]).toEqual([name, token.description]);
      expect([name, inputs["status"] ?? "active"]).toEqual([name, token.status]);
      expect([name, inputs["user"]]).toEqual([name, token.userID === server.adminId ? undefined : "ci"]);
      expect(inputs["org"]).toBe("acme");
    }
  });

  it("declares it as people would", () => {
    const byDescription = (text: string): Declared | undefined =>
      programs.find(({ inputs }) => inputs["description"] === text);
    const value = plainTokens ? {} : { adoptWithoutToken: true };
    const declaration = (description: string): object => {
      const { adopt, ...inputs } = byDescription(description)?.inputs ?? {};
      expect(adopt).toMatch(/^[0-9a-f]{16}$/);
      return inputs;
    };
    const common = { org: "acme", ...value };
    expect(declaration("operator")).toEqual({ ...common, description: "operator", operator: true });
    expect(declaration("all access")).toEqual({ ...common, description: "all access", allAccess: true });
    expect(declaration("all access of ci")).toMatchObject({ user: "ci", allAccess: true });
    expect(declaration("type dbrp")).toEqual({ ...common, description: "type dbrp", writeDbrp: true });
    expect(declaration("inactive")).toMatchObject({ status: "inactive", readTasks: true });
    expect(declaration("own organization")).toMatchObject({
      readOwnOrg: true,
      extraPermissions: { [`/orgs/${server.orgId}`]: "write" },
    });
    expect(declaration("system bucket")).toMatchObject({ readBucket: ["_monitoring"], readOwnOrg: true });
    const named = [...ODD_BUCKETS].map((name) => (/^(\d|name:)/.test(name) ? `name:${name}` : name)).sort();
    expect(declaration("every odd bucket")).toMatchObject({ readBucket: named, writeBucket: named });
    expect(byDescription("all access of ci")?.name).toBe("all-access-of-ci");
  });

  it("prints the same tokens as YAML", async () => {
    const { out } = await importing("--yaml");
    const tokens = parse(out) as Record<string, unknown>;
    expect(tokens).toEqual(Object.fromEntries(programs.map(({ name, inputs }) => [name, inputs])));
    // Of YAML that other readers take otherwise there is none: each text is quoted, and each name plain.
    for (const name of Object.keys(tokens)) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  it("gives inputs that check accepts", () => {
    const context = { host: () => server.url, organization: () => ({ org: "acme" }) };
    for (const { name, inputs } of programs) {
      expect([name, checkInputs(inputs, {}, context).failures]).toEqual([name, []]);
    }
  });

  it("makes a provider adopt each without a difference, and change nothing", async () => {
    const env = { INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken };
    const before = server.authorizations();
    const provider = newProvider({ env });
    server.countRequests();
    for (const { name, inputs } of programs) {
      const { id } = await provider.create(await provider.checked(inputs));
      expect([name, id]).toEqual([name, inputs["adopt"]]);
    }
    expect(Object.keys(server.countRequests()).filter((request) => !request.startsWith("GET "))).toEqual([]);
    expect(server.authorizations()).toEqual(before);
  });

  it("shows what cannot be adopted as a comment, with the reason", () => {
    expect(printed.out).toContain("that cannot be.");
    expect(printed.out).toMatch(
      /\/\/ Cannot be adopted:\n\/\/ - read:\/tasks: it reaches every organization[^\n]*\n\/\/ new InfluxToken\("one-type-everywhere"/,
    );
  });

  it("shows neither a value nor anything that cannot be seen", async () => {
    const everything = [
      printed,
      await importing("--yaml"),
      await importing("--list"),
      await importing("--adopt-token"),
    ];
    for (const { out, err } of everything) {
      for (const { token } of server.authorizations()) expect(out + err).not.toContain(token);
      expect(out).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|[^\n\P{Cc}]/u);
    }
  });

  it("prints the same whenever it is run, and the same names whatever is left out", async () => {
    expect((await importing()).out).toBe(printed.out);
    const some = await importing("--description", "^Telegraf!$");
    const filtered = declaredBy(some.out);
    // Others would share its name.
    expect(filtered).toEqual(programs.filter(({ inputs }) => inputs["description"] === "Telegraf!"));
    expect(filtered[0]?.name).toMatch(/^telegraf-[0-9a-f]{16}$/);
    expect(some.out).toContain(
      `${programs.length - 1 + made.inexpressible.length} whose description does not match`,
    );
    const state = file(
      "state.json",
      exported(
        server.url,
        filtered.slice(0, 1).map(({ inputs }) => String(inputs["adopt"])),
      ),
    );
    const rest = declaredBy((await importing("--exclude-state", state)).out);
    expect(rest).toEqual(programs.filter(({ name }) => name !== filtered[0]?.name));
  });

  it("leaves out what stacks manage, also what they have in encrypted states", async () => {
    const ids = others().map(({ id }) => id);
    const one = file("one.json", exported(server.url, ids.slice(0, 10)));
    const two = file(
      "two.json",
      exported("", ids.slice(10, 20), {
        outputs: {
          host: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "x" },
        },
      }),
    );
    const { out } = await importing("--exclude-state", one, two);
    const adopted = declaredBy(out).map(({ inputs }) => inputs["adopt"]);
    expect(adopted).toHaveLength(programs.length - 20);
    expect(adopted.filter((id) => ids.slice(0, 20).includes(String(id)))).toEqual([]);
    expect(out).toContain("20 that given stacks manage");
  });

  it("keeps what a stack manages on another server, and says so", async () => {
    const id = others()[0]?.id ?? "";
    const state = file("clone.json", exported("http://clone:8086", [id]));
    const { out } = await importing("--exclude-state", state);
    expect(declaredBy(out).map(({ inputs }) => inputs["adopt"])).toContain(id);
    expect(out).toContain("// A given stack manages a token with this id on http://clone:8086. If that");
    expect((await importing("--list", "--exclude-state", state)).out).toContain(
      "(managed at http://clone:8086)",
    );
  });

  it("keeps what a stack only reads, and what is of another type", async () => {
    const ids = others().map(({ id }) => id);
    const read = file("read.json", exported(server.url, ids, { external: true }));
    const other = file("other.json", exported(server.url, ids, { type: "random:index:Id" }));
    const { out } = await importing("--exclude-state", read, other);
    expect(declaredBy(out)).toHaveLength(programs.length);
  });

  it("leaves out the previous token of a rotating one, too, and what a rotation left", async () => {
    const [id = "", previous = "", left = ""] = others().map((token) => token.id);
    const outputs = {
      host: server.url,
      authorizationId: id,
      previousAuthorizationId: previous,
      __leftovers: [left],
    };
    for (const { type } of TOKEN_KINDS.filter(({ isRotating }) => isRotating)) {
      const state = file("rotating.json", exported(server.url, ["own id"], { type, outputs }));
      const { out } = await importing("--exclude-state", state);
      expect(declaredBy(out)).toHaveLength(programs.length - 3);
    }
  });

  it("leaves out tokens of every kind of one stack, and what may be one of a later version", async () => {
    const ids = others().map(({ id }) => id);
    const types = [...TOKEN_KINDS.map(({ type }) => type), "influx-token:index:TokenSet"];
    const resources = types.flatMap((type, n) => {
      const { deployment } = exported(server.url, ids.slice(n, n + 1), { type }) as {
        deployment: { resources: unknown[] };
      };
      return deployment.resources;
    });
    const state = file("kinds.json", { deployment: { resources } });
    const { out } = await importing("--exclude-state", state);
    expect(declaredBy(out)).toHaveLength(programs.length - types.length);
  });

  it.each(FLEET_KINDS)(
    "leaves out the tokens of $shard, also those that wait for their deletion",
    async (kind) => {
      const [made = "", retired = "", kept = "", later = ""] = others().map(({ id }) => id);
      const outputs = {
        __made: `${made} 0 1700000000 a member with blanks\n- - - none`,
        __retired: `${retired} x - device-1`,
        __kept: `${kept} o 1700086400 device-2`,
      };
      const side = {
        each: { org: "acme" },
        members: { "a member with blanks": {} },
        outputs,
        more: { host: server.url },
      };
      const retirement = retirementOf("sensors", kind, {
        __retired: `${later} x - device-3`,
        host: server.url,
      });
      const resources = [...shardsOf("sensors", side, kind).values(), retirement];
      const at = (host: string): unknown =>
        JSON.parse(
          JSON.stringify({ deployment: { resources } }).replaceAll("https://influxdb.example.com:8086", host),
        );
      const { out } = await importing("--exclude-state", file("fleet.json", at(server.url)));
      const adopted = declaredBy(out).map(({ inputs }) => inputs["adopt"]);
      for (const id of [made, retired, kept, later]) expect(adopted).not.toContain(id);
      expect(adopted).toHaveLength(programs.length - 4);
      const elsewhere = shardsOf(
        "sensors",
        { ...side, outputs: { ...outputs, host: "http://clone:8086" } },
        kind,
      );
      const clone = file("clone.json", { deployment: { resources: [...elsewhere.values()] } });
      expect(declaredBy((await importing("--exclude-state", clone)).out)).toHaveLength(programs.length);
    },
  );

  it("names a token that is described as a member of a fleet, and that no state knows", async () => {
    const [known, lost] = others().filter(({ description }) => description !== "");
    if (known === undefined || lost === undefined) throw new Error("there are too few tokens");
    const members = { known: { description: known.description }, [lost.description]: {} };
    const side = {
      each: { org: "acme", description: "{member}" },
      members,
      outputs: { host: server.url, __made: `${known.id} 0 1700000000 known` },
      more: { host: server.url },
    };
    const resources = [...shardsOf("sensors", side).values()];
    const state = file("lost.json", { deployment: { resources } });
    const { out } = await importing("--exclude-state", state);
    expect(out).toContain(`influx auth delete --id ${lost.id}`);
    expect(out.match(/influx auth delete/g)).toHaveLength(1);
    expect(compileProgram(out)).toEqual([]);
    const listed = JSON.parse((await importing("--list", "--json", "--exclude-state", state)).out) as {
      id: string;
      describedAs?: unknown;
    }[];
    expect(listed.filter(({ describedAs }) => describedAs !== undefined)).toMatchObject([
      { id: lost.id, describedAs: { fleet: "sensors", member: lost.description } },
    ]);
    expect((await importing("--list", "--exclude-state", state)).out).toContain(
      `(described as ${lost.description} of the fleet sensors, whose state does not know it)`,
    );
    const elsewhere = JSON.parse(
      JSON.stringify(resources).replaceAll(server.url, "http://clone:8086"),
    ) as unknown;
    const clone = file("clone.json", { deployment: { resources: elsewhere } });
    expect((await importing("--exclude-state", clone)).out).not.toContain("influx auth delete");
  });

  it("lists what no stack manages, the oldest first, with risks", async () => {
    server.countRequests();
    const { out } = await importing("--list");
    expect(server.countRequests()).not.toHaveProperty(["GET /api/v2/buckets"]);
    const [header = "", ...lines] = out.split("\n");
    expect(header).toMatch(/^ID +Description +Owner +Status +Created +Risks$/);
    const ids = lines.flatMap((line) => /^[0-9a-f]{16}/.exec(line)?.[0] ?? []);
    expect(ids).toEqual(server.authorizations().map(({ id }) => id));
    expect(out).toMatch(/ all access +admin +active +\S+Z +all-access-token\n/);
    expect(out).toContain("(cannot be adopted)");
    expect(out.includes("(the token that asks)")).toBe(plainTokens);
    expect(out).toContain(`${ids.length} tokens of the organization "acme" on ${server.url}`);
  });

  it("lists the same as JSON", async () => {
    const { out } = await importing("--list", "--json", "--description", "^(inactive|operator)$");
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({
        description: "operator",
        owner: "admin",
        status: "active",
        risks: ["operator-token"],
        isCallers: false,
        isAdoptable: true,
      }),
      expect.objectContaining({
        description: "inactive",
        status: "inactive",
        risks: [],
        ownerId: server.adminId,
      }),
    ]);
  });
});

describe("influx-token import", () => {
  const servers = new Servers();
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ plainTokens: true });
  });
  afterAll(async () => {
    await servers.end();
    await server.close();
  });
  const env = (): NodeJS.ProcessEnv => ({ INFLUX_HOST: server.url, INFLUX_TOKEN: server.operatorToken });
  const make = (permissions: unknown[], more: object = {}): Promise<{ id: string; token: string }> =>
    server.call("POST", "/api/v2/authorizations", { orgID: server.orgId, permissions, ...more });
  const onTasks = (): unknown => ({ action: "read", resource: { type: "tasks", orgID: server.orgId } });

  it("asks where the server does not tell a value for secrets of the config, with --adopt-token", async () => {
    const hashed = await startServer();
    try {
      const org = { org: "acme", INFLUX_HOST: hashed.url, INFLUX_TOKEN: hashed.operatorToken };
      const { out } = await run(["--org", "acme", "--adopt-token"], { env: org });
      expect(compileProgram(out)).toEqual([]);
      expect(out).toContain('adoptToken: config.requireSecret("adoptToken-admin-s-token"),');
      expect(out).toContain("// pulumi config set --secret adoptToken-NAME\n");
      expect(out).toContain("// This may be the token that asked");
      const { out: yaml } = await run(["--org", "acme", "--adopt-token", "--yaml"], { env: org });
      expect(yaml).toContain("# pulumi config set --secret --path 'influx-token:tokens.NAME.adoptToken'");
      expect(parse(yaml)).not.toHaveProperty(["admin-s-token", "adoptWithoutToken"]);
    } finally {
      await hashed.close();
    }
  });

  it("reads buckets by pages, and by id where a page leaves them out or they are gone or another organization's", async () => {
    const many = await startServer({ plainTokens: true });
    try {
      const ids: string[] = [];
      for (let n = 0; n < 230; n += 1)
        ids.push(await many.makeBucket(`bucket ${String(n).padStart(3, "0")}`));
      const { id: foreignOrg } = await many.call<{ id: string }>("POST", "/api/v2/orgs", { name: "other" });
      const foreign = await many.makeBucket("theirs", foreignOrg);
      const wanted = [ids[3], ids[150], ids[229], foreign, "00000000000000c9"];
      await many.call("POST", "/api/v2/authorizations", {
        orgID: many.orgId,
        description: "ci",
        permissions: wanted.map((id) => ({
          action: "read",
          resource: { type: "buckets", id, orgID: many.orgId },
        })),
      });
      many.countRequests();
      const { out } = await run(["--org", "acme"], {
        env: { INFLUX_HOST: many.url, INFLUX_TOKEN: many.operatorToken },
      });
      expect(many.countRequests()).toMatchObject({ "GET /api/v2/buckets": 3, "GET /api/v2/buckets/{id}": 2 });
      for (const name of ["bucket 003", "bucket 150", "bucket 229", foreign, "00000000000000c9"])
        expect(out).toContain(`"${name}",`);
      expect(out).toContain("// The bucket 00000000000000c9 is gone");
      expect(out).toContain(`// The bucket ${foreign} is "theirs" of the organization ${foreignOrg}`);
    } finally {
      await many.close();
    }
  });

  it("comes through for permissions that no server grants, answers without names, and lists of everybody", async () => {
    const { id } = await make([onTasks()], { description: "odd" });
    const proxy = await servers.serve((request, response) => {
      const changed = (body: string): string => {
        const answer = JSON.parse(body) as { authorizations?: { id: string; permissions: unknown[] }[] };
        const token = answer.authorizations?.find((each) => each.id === id);
        if (token === undefined) return body;
        token.permissions.push(
          { action: "read", resource: { type: "instance" } },
          { action: "own", resource: { type: "tasks" } },
          { action: "read", resource: { type: "flows", orgID: server.orgId } },
          { action: "read", resource: { type: "tasks", orgID: "00000000000000a9" } },
        );
        const bare = { permissions: token.permissions, orgID: server.orgId };
        const foreign = { ...token, id: "00000000000000d9", orgID: "00000000000000a9" };
        return JSON.stringify({
          authorizations: [...(answer.authorizations ?? []), foreign, { ...bare, id: "00000000000000d8" }],
        });
      };
      const headers = { Authorization: request.headers.authorization ?? "" };
      void fetch(server.url + (request.url ?? ""), { headers }).then(async (answer) => {
        response.writeHead(answer.status, { ...OWN, "Content-Type": "application/json" });
        response.end(changed(await answer.text()));
      });
    });
    const { out, code } = await run(["--org", "acme"], {
      env: { INFLUX_HOST: proxy, INFLUX_TOKEN: server.operatorToken },
    });
    expect([code, compileProgram(out)]).toEqual([0, []]);
    expect(out).toContain('// new InfluxToken("odd", {');
    for (const reason of [
      "read:/instance: servers list",
      "own:/tasks: its action",
      "flows: the server does not list",
      "another organization's",
    ])
      expect(out).toContain(reason);
    expect(out).toContain("token-00000000000000d8");
    expect(out).not.toContain("00000000000000d9");
  });

  it("comes through where the caller may see tokens only: with ids of buckets, and the owner of each", async () => {
    const bucket = { type: "buckets", id: await server.makeBucket("hidden"), orgID: server.orgId };
    const { id } = await make([onTasks(), { action: "read", resource: bucket }], { description: "plain" });
    const proxy = await servers.serve(
      reverseProxyTo(server.url, ({ url = "" }, response) => {
        if (url.startsWith("/api/v2/authorizations")) return false;
        response.writeHead(403, { ...OWN, "Content-Type": "application/json" });
        response.end(JSON.stringify({ code: "forbidden", message: "forbidden" }));
        return true;
      }),
    );
    const { out, code } = await run(["--org-id", server.orgId], {
      env: { INFLUX_HOST: proxy, INFLUX_TOKEN: server.operatorToken },
    });
    expect([code, compileProgram(out)]).toEqual([0, []]);
    const plain = declaredBy(out).find(({ inputs }) => inputs["adopt"] === id);
    expect(plain?.inputs).toMatchObject({ user: "admin", readTasks: true });
    expect(out).toContain("is not for the caller's token to see.");
  });

  it("leaves out orphans, which no server lists, and says so", async () => {
    const { id: userID } = await server.call<{ id: string }>("POST", "/api/v2/users", { name: "gone" });
    const { id } = await make([onTasks()], { userID });
    await server.call("DELETE", `/api/v2/users/${userID}`);
    const { out } = await run(["--org-id", server.orgId.toUpperCase()], { env: env() });
    expect(out).not.toContain(id);
    expect(out).toContain("tokens whose organization or owner was deleted.");
    expect(out).toContain(`orgId: "${server.orgId}",`);
  });

  it("finds server, token and organization as the provider does", async () => {
    const profile = file(
      "configs",
      `[main]\nurl = "${server.url}"\ntoken = "${server.operatorToken}"\norg = "acme"\nactive = true\n`,
    );
    const byProfile = await run(["--configs-path", profile]);
    const byEnvironment = await run([], { env: { ...env(), INFLUX_ORG: "acme" } });
    const byOption = await run(["--host", server.url, "--org", "acme"], {
      env: { INFLUX_TOKEN: server.operatorToken },
    });
    expect(declaredBy(byProfile.out).length).toBeGreaterThan(0);
    expect(declaredBy(byProfile.out)).toEqual(declaredBy(byEnvironment.out));
    expect(byOption.out).toBe(byEnvironment.out);
  });

  it.each<[string, string[], NodeJS.ProcessEnv, RegExp]>([
    ["no organization", [], {}, /whose tokens\? Give --org or --org-id/],
    ["an empty name", ["--org", ""], {}, /--org is empty/],
    ["blanks around the name", ["--org", " acme"], {}, /--org " acme" has blanks around the name/],
    ["an id that is none", ["--org-id", "acme"], {}, /--org-id "acme" is not an organization id/],
    ["both", ["--org", "acme", "--org-id", "00000000000000a1"], {}, /cannot be used with/],
    ["no token", ["--org", "acme"], { INFLUX_TOKEN: "" }, /no token to make tokens with: set INFLUX_TOKEN/],
    [
      "a token of another server",
      ["--org", "acme", "--host", "http://other:1"],
      {},
      /the token from INFLUX_TOKEN is for .* and is not sent to http:\/\/other:1, from --host: set INFLUX_TOKEN/,
    ],
    ["a host that is no URL", ["--org", "acme", "--host", "x"], {}, /--host is not a URL/],
    [
      "a token on the command line",
      ["--org", "acme", "--token", "s3cr3t"],
      {},
      /there is no --token: .* set INFLUX_TOKEN/,
    ],
    [
      "a pattern that is none",
      ["--org", "acme", "--description", "("],
      {},
      /--description.*Invalid regular expression/,
    ],
    ["--json without --list", ["--org", "acme", "--json"], {}, /--json is for --list/],
    ["--list and --yaml", ["--org", "acme", "--list", "--yaml"], {}, /cannot be used with/],
    [
      "a state that is none",
      ["--org", "acme", "--exclude-state", "-"],
      {},
      /standard input: this is not what `pulumi stack export` prints/,
    ],
    ["a state that is not there", ["--org", "acme", "--exclude-state", "/no/such"], {}, /ENOENT/],
    ["an organization that does not exist", ["--org", "acne"], {}, /cannot look up the organization "acne"/],
    [
      "a token that is unknown",
      ["--org", "acme"],
      { INFLUX_TOKEN: "nope" },
      /the server does not know the token from INFLUX_TOKEN/,
    ],
  ])("refuses %s, and says what to do", async (_, args, more, message) => {
    const { code, out, err } = await run(args, { env: { ...env(), ...more } });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(message);
    expect(err).not.toContain("s3cr3t");
    expect(err).not.toContain(server.operatorToken);
  });

  it("says where an organization has no token that the caller sees", async () => {
    const { id } = await server.call<{ id: string }>("POST", "/api/v2/orgs", { name: "empty" });
    const { out, err } = await run(["--org", "empty"], { env: env() });
    expect(err).toContain(
      'lists no token of the organization "empty": may the token from INFLUX_TOKEN read them?',
    );
    expect(compileProgram(out)).toEqual([]);
    expect(parse((await run(["--org-id", id, "--yaml"], { env: env() })).out)).toEqual({});
    expect((await run(["--org", "empty", "--list"], { env: env() })).out).toMatch(/^0 tokens of/);
  });

  it("prints its help, with every option", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    for (const option of [
      "--org",
      "--org-id",
      "--host",
      "--description",
      "--exclude-state",
      "--from-terraform",
      "--yaml",
      "--list",
      "--json",
      "--adopt-token",
    ])
      expect(out).toContain(option);
    expect(out).not.toContain("--token <");
  });

  it.each([
    ["that may read buckets of nobody", 401, { code: "unauthorized", message: "read is unauthorized" }, 0],
    ["in whose place something else answers", 200, ["no buckets"], 1],
    ["that fails", 400, { code: "invalid", message: "no" }, 1],
  ])("of a server %s keeps ids, or fails before it prints", async (_what, status, body, code) => {
    const id = await server.makeBucket(`bucket ${status}`);
    const { orgId: orgID } = server;
    await server.call("POST", "/api/v2/authorizations", {
      orgID,
      description: "one bucket",
      permissions: [{ action: "read", resource: { type: "buckets", orgID, id } }],
    });
    const servers = new Servers();
    try {
      const url = await servers.serve(
        reverseProxyTo(server.url, (request, response) => {
          if (request.url?.startsWith("/api/v2/buckets") !== true) return false;
          response.writeHead(status, { ...OWN, "Content-Type": "application/json" });
          response.end(JSON.stringify(body));
          return true;
        }),
      );
      const ran = await run(["--org", "acme", "--host", url], {
        env: { INFLUX_TOKEN: server.operatorToken },
      });
      expect(ran.code).toBe(code);
      if (code === 0) expect(ran.out).toContain(id);
      else expect(ran.out).toBe("");
    } finally {
      await servers.end();
    }
  });

  it("hides no failure that is nobody's to mend", async () => {
    const broken = new RangeError("broken");
    const command = runCommand(["import", "--help"], {
      env: {},
      cwd: folder,
      isTerminal: false,
      version: "1.2.3",
      readStdin: () => Promise.resolve(""),
      out: () => {
        throw broken;
      },
      err: () => undefined,
    });
    await expect(command).rejects.toThrow(broken);
  });
});
