import { readFile } from "node:fs/promises";
import { standInFor } from "../../provider/permissions/bucketReference";
import { expandPermissions } from "../../provider/permissions/expand";
import { formatPermission } from "../../provider/permissions/format";
import { CALLER, type PermissionTable, permissionTable, spellBucket } from "../../provider/permissions/table";
import type { Authorization, Permission } from "../../provider/types";
import { succeeded, tokenResources } from "../engine";
import { doneLines, permissionCount, previewedPermissions } from "../engineOutput";
import type { DeclaredToken, Session } from "./session";

/** In the order in which they run: each builds on those before it. Each throws when anything is not as it must be. */
export const STEPS: readonly { readonly title: string; run(session: Session): Promise<void> }[] = [
  { title: "Declare four tokens in the stack's configuration", run: configure },
  { title: "Preview every permission before anything exists", run: preview },
  { title: "Make the tokens", run: create },
  { title: "Use them: each opens what it was made for, and nothing else", run: use },
  { title: "Run it again: nothing changes", run: repeat },
  { title: "Edit: a description changes in place, permissions replace the token", run: edit },
  { title: "Find what was changed behind the stack's back, and put it right", run: findDrift },
  { title: "Take over a token that was made by hand, and rotate another", run: takeOver },
  { title: "Make a token for each of a thousand devices, and renew one that was stolen", run: fleet },
  { title: "Remove everything", run: destroy },
];

/** The program at the root of this package makes a token for each entry of `influx-token:tokens`. */
async function configure(session: Session): Promise<void> {
  const { server, output } = session;
  const { raw, daily } = server.buckets;
  await session.pulumi("stack init dev");
  const plain = { host: server.api.url, org: server.org.name };
  const pairs = Object.entries(plain).map(([key, value]) => `--plaintext influx-token:${key}=${value}`);
  await session.pulumi(`config set-all ${pairs.join(" ")}`);
  await session.pulumi("config set --secret influx-token:token", { input: server.operatorToken });
  output.line();
  await session.declare({
    dashboards: { readBuckets: true, readDashboards: true, writeDashboards: true },
    downsampler: { readBucket: [raw.name], writeBucket: [daily.name] },
    everything: { allAccess: true, description: "all rights in the organization" },
    operator: { operator: true },
  });

  const { stdout } = await session.pulumi("config --json");
  const config = JSON.parse(stdout) as Record<string, { objectValue?: unknown; secret: boolean }>;
  output.check("influx-token:token is kept as a secret", config["influx-token:token"], { secret: true });
  const read = config["influx-token:tokens"]?.objectValue;
  output.check("influx-token:tokens is what was written", read, session.declared);
  const file = await readFile(session.stackFile, "utf8");
  output.checkNoSecret("Pulumi.dev.yaml holds the operator token encrypted only", [file]);
}

/** What a reviewer sees, also where the server is out of reach. */
async function preview(session: Session): Promise<void> {
  const { server, output, declared } = session;
  const run = await session.pulumi("preview --diff");
  const previewed = Object.fromEntries([...previewedPermissions(run.stdout)].sort());
  const shown = Object.entries(previewed).flatMap(([name, permissions]) => {
    const lines = Object.entries(permissions).map(([reach, actions]) => `    ${reach}: ${actions}`);
    const more = lines.length > 4 ? [`    … ${lines.length - 4} more`] : [];
    return [`+ InfluxToken ${name}`, ...lines.slice(0, 4), ...more];
  });
  output.quote(shown);
  output.note(`(orgs/${server.org.name}/…: within the organization; /…: on the whole server; me: the owner)`);
  output.line();

  const owner = { orgId: server.org.name, userId: CALLER };
  output.check(
    "the permissions shown are those that the inputs stand for",
    previewed,
    mapValues(declared, (token) => permissionTable(expandPermissions(token, owner), spellBucket)),
  );
  // On InfluxDB OSS 2.4 and later: counted there, not computed here.
  output.check(
    "their numbers: operator 44, everything (all-access) 43, dashboards 3, downsampler 2",
    mapValues(previewed, permissionCount),
    { dashboards: 3, downsampler: 2, everything: 43, operator: 44 },
  );
  output.check("4 tokens and the stack itself are to be created", run.resources, { "to create": 5 });
  session.checkRequests(run, {});
}

/** The server has to grant exactly what the preview showed. */
async function create(session: Session): Promise<void> {
  const { server, output, declared } = session;
  const run = await session.pulumi("up");
  const outputs = run.stdout.split("\n").filter((line) => /^ {8}\S+ *: \[secret\]$/.test(line));
  output.quote([...doneLines(run.stdout), "Outputs:", "    tokens:", ...outputs]);

  output.check(`4 tokens and the stack itself were created, in ${run.seconds}`, run.resources, {
    created: 5,
  });
  const names = outputs.map((line) => line.split(":")[0]?.trim());
  output.check("every token is shown as [secret]", names, Object.keys(declared));
  session.checkRequests(run, {
    "GET /api/v2/orgs": 1,
    "GET /api/v2/me": 1,
    "GET /api/v2/resources": 1,
    "GET /api/v2/buckets": 2,
    "POST /api/v2/authorizations": 4,
  });

  const tokens = await session.recordedTokens();
  const made = new Map((await server.authorizations()).map((each) => [each.id, each.permissions]));
  const granted = mapValues(tokens, ({ id }) => permissionTable(made.get(id) ?? []));
  output.check("the server holds these 4 tokens and no other new one", made.size, 4);
  output.check(
    "the permissions on the server are those that the preview showed",
    granted,
    mapValues(declared, (token) => grantedTable(token, session)),
  );
  const counts = [permissionCount(granted["operator"]), permissionCount(granted["everything"])];
  output.check("operator has 44 permissions there, everything 43", counts, [44, 43]);
  output.check("the 4 values differ", new Set(Object.values(tokens).map(({ token }) => token)).size, 4);
  await checkState(session);
}

/** What a token opens is for the server to say. */
async function use(session: Session): Promise<void> {
  const { engine, output, server, tokens } = session;
  const typed = "stack output tokens --show-secrets --json";
  output.command(`pulumi ${typed}    (the values stay within the demo)`);
  // Not among the captured outputs: this is the one command that shows the values, because it is asked to.
  const { stdout } = succeeded(await engine.run(typed.split(" ")));
  const values = JSON.parse(stdout) as Record<string, string>;
  output.addSecrets(...Object.values(values));
  output.check(
    "the stack's output gives the 4 values",
    values,
    mapValues(tokens, ({ token }) => token),
  );
  output.line();

  const { raw, daily } = server.buckets;
  const org = server.org.id;
  const write = (bucket: string): string => `POST /api/v2/write?orgID=${org}&bucket=${bucket}`;
  const authorizations = `GET /api/v2/authorizations?orgID=${org}`;
  const refused = [401, 403, 404];
  const all = Object.values(tokens).map(({ id }) => id);
  const trials: [who: string, what: string, request: string, expected: number[], listed?: string[]][] = [
    ["downsampler", "write a point to daily", write(daily.id), [204]],
    ["downsampler", "write a point to raw", write(raw.id), [403]],
    ["downsampler", "read about the bucket raw", `GET /api/v2/buckets/${raw.id}`, [200]],
    ["downsampler", "read about the bucket daily", `GET /api/v2/buckets/${daily.id}`, refused],
    ["downsampler", "list organizations", "GET /api/v2/orgs", [200], []],
    ["downsampler", "list tokens", authorizations, [200], []],
    [
      "downsampler",
      "switch the operator token off",
      `PATCH /api/v2/authorizations/${tokens["operator"]?.id ?? ""}`,
      refused,
    ],
    ["operator", "write a point to daily", write(daily.id), [204]],
    ["operator", "write a point to raw", write(raw.id), [204]],
    ["operator", "read about the bucket raw", `GET /api/v2/buckets/${raw.id}`, [200]],
    ["operator", "read about the bucket daily", `GET /api/v2/buckets/${daily.id}`, [200]],
    ["operator", "list organizations", `GET /api/v2/orgs?orgID=${org}`, [200], [org]],
    ["operator", "list tokens", authorizations, [200], all],
  ];
  const bodies: Record<string, unknown> = { POST: "demo value=1", PATCH: { status: "inactive" } };
  const unexpected: string[] = [];
  const shown: string[] = [];
  for (const [who, what, request, expected, listed] of trials) {
    const [method = "", path = ""] = request.split(" ");
    const { status, message, body } = await session.ask(method, path, bodies[method], values[who]);
    const ids = listed && idsIn(body);
    const row = `${who.padEnd(11)}  ${what.padEnd(29)}  ${status}  ${ids ? `${ids.length} shown` : message}`;
    shown.push(row.trimEnd());
    if (!expected.includes(status) || ids?.join() !== listed?.sort().join()) unexpected.push(row);
  }
  output.quote(shown);
  output.check(`all ${trials.length} answers are as they must be`, unexpected, []);
}

/** What is as declared is left alone, and the server is not even asked. */
async function repeat(session: Session): Promise<void> {
  const { output, tokens } = session;
  const run = await session.pulumi("up");
  output.check(`4 tokens and the stack are unchanged, after ${run.seconds}`, run.resources, { unchanged: 5 });
  session.checkRequests(run, {});
  output.check("every token keeps its id and its value", await session.recordedTokens(), tokens);
}

/** A server lets nobody change what a token may do, so that takes a new token. */
async function edit(session: Session): Promise<void> {
  const { server, output, tokens: before, declared } = session;
  await reportBefore(session);
  const description = "all rights in the organization, for backups";
  await session.declare({
    everything: { ...declared["everything"], description },
    dashboards: { ...declared["dashboards"], readTasks: true },
  });
  await reportPending(session);
  const run = await session.pulumi("up");
  output.quote(doneLines(run.stdout));

  const { updated, replaced } = run.resources;
  output.check("1 token was updated, 1 replaced", { updated, replaced }, { updated: 1, replaced: 1 });
  session.checkRequests(run, {
    "GET /api/v2/orgs": 1,
    "POST /api/v2/authorizations": 1,
    "PATCH /api/v2/authorizations/{id}": 1,
    "DELETE /api/v2/authorizations/{id}": 1,
  });

  const { dashboards, everything, ...others } = await session.recordedTokens();
  const { dashboards: oldDashboards, everything: oldEverything, ...oldOthers } = before;
  output.check("everything: another description, the same id and the same value", everything, {
    ...oldEverything,
    description,
  });
  output.check(
    "dashboards: another id and another value",
    [dashboards?.id === oldDashboards?.id, dashboards?.token === oldDashboards?.token],
    [false, false],
  );
  output.check("the others are as they were", others, oldOthers);
  const at = (what: string): number => run.stdout.search(new RegExp(`:InfluxToken dashboards +${what}`));
  const [made, deleted] = [at("created replacement"), at("deleting original")];
  output.check("the old token was deleted after the new one was made", made >= 0 && made < deleted, true);

  const onServer = new Map((await server.authorizations()).map((each) => [each.id, each]));
  output.check(
    "the server holds the new description, the new permissions, and no more the old token",
    [
      onServer.get(everything?.id ?? "")?.description,
      permissionTable(onServer.get(dashboards?.id ?? "")?.permissions ?? []),
      onServer.has(oldDashboards?.id ?? ""),
    ],
    [description, grantedTable(session.declared["dashboards"], session), false],
  );
  const list = `/api/v2/buckets?orgID=${server.org.id}`;
  const statusFor = async (token?: string): Promise<number> =>
    (await session.ask("GET", list, undefined, token)).status;
  output.check(
    "the new value opens the server (200), the old one no more (401)",
    [await statusFor(dashboards?.token), await statusFor(oldDashboards?.token)],
    [200, 401],
  );
  await checkState(session);
}

/** What the tokens may do before the edit: what the server granted, as the stack's state has it. */
async function reportBefore(session: Session): Promise<void> {
  const { output, declared } = session;
  const { tokens } = await session.report("stack export", ["--state"]);
  output.check(
    "the report shows the permissions that the server granted",
    mapValues(tokens, ({ permissions }) => [...permissions.kept].sort()),
    mapValues(declared, (token) => granted(token, session).map(withBucketName).map(formatPermission).sort()),
  );
  output.check(
    "and which tokens are risky: everything and operator",
    mapValues(tokens, ({ risks }) => risks.map(({ id }) => id)),
    { dashboards: [], downsampler: [], everything: ["all-access-token"], operator: ["operator-token"] },
  );
  output.line();
}

/** What the edit will make of them, before it does. */
async function reportPending(session: Session): Promise<void> {
  const { server, output } = session;
  const { run, tokens } = await session.report("preview --json --show-sames");
  output.check(
    "the report shows what will happen, and why",
    mapValues(tokens, ({ action, reasons }) => [action, ...reasons]),
    {
      dashboards: ["replace", "permissions"],
      downsampler: ["same"],
      everything: ["update", "description"],
      operator: ["same"],
    },
  );
  output.check(
    "one permission is added, none is removed",
    Object.values(tokens).flatMap(({ permissions: { added, removed } }) => [...added, ...removed]),
    [`read:orgs/${server.org.name}/tasks`],
  );
  session.checkRequests(run, {});
  output.line();
}

/** Somebody switched a token off by hand. */
async function findDrift(session: Session): Promise<void> {
  const { server, output, tokens: before } = session;
  const { id = "", token = "" } = before["downsampler"] ?? {};
  const path = `/api/v2/authorizations/${id}`;
  output.command(`influx auth inactive --id ${id}    (done here by PATCH ${path})`);
  const patched = await session.ask("PATCH", path, { status: "inactive" });
  output.check("the token downsampler is switched off behind the stack's back", patched.status, 200);
  const writePath = `/api/v2/write?orgID=${server.org.id}&bucket=${server.buckets.daily.id}`;
  const write = async (): Promise<number> =>
    (await session.ask("POST", writePath, "demo value=2", token)).status;
  output.check("the server refuses it", [401, 403].includes(await write()), true);

  const refresh = await session.pulumi("refresh --diff");
  // The time of the last change is not what changed.
  const changed = refresh.stdout
    .split("\n")
    .map((line) => line.trim().replace(/ +:/, ":"))
    .filter((line) => /^[-+~] [a-z]\w*: "/.test(line) && !line.includes("updatedAt"));
  output.quote(["~ InfluxToken downsampler", ...changed.map((line) => `    ${line}`)]);
  const expected = ['~ status: "active" => "inactive"'];
  output.check("the refresh finds and shows that, and nothing else", changed, expected);
  output.check("1 token differs", refresh.resources, { updated: 1, unchanged: 4 });
  // Names of buckets are looked up as well: one that was made anew is drift.
  session.checkRequests(refresh, { "GET /api/v2/authorizations/{id}": 4, "GET /api/v2/buckets": 2 });
  const found = await session.recordedTokens();
  output.check("the stack now knows it as inactive", found["downsampler"]?.status, "inactive");

  const up = await session.pulumi("up");
  output.check(`1 token was updated, in ${up.seconds}`, up.resources, { updated: 1, unchanged: 4 });
  session.checkRequests(up, { "PATCH /api/v2/authorizations/{id}": 1 });
  const mended = (await server.authorizations()).find((authorization) => authorization.id === id);
  output.check("it is active on the server again", mended?.status, "active");
  output.check(
    "with the same id and the same value, like all others",
    await session.recordedTokens(),
    before,
  );
  output.check("and it writes again (204)", await write(), 204);
}

/** Most tokens were made by other means. What the stack takes over stays as it is, with the value that clients have. */
async function takeOver(session: Session): Promise<void> {
  const { server, output, tokens: before, declared } = session;
  const { org, buckets } = server;
  const description = "made by hand";
  output.command(
    `influx auth create --org ${org.name} --read-bucket ${buckets.raw.id} --description "${description}"    (done here by POST /api/v2/authorizations)`,
  );
  const resource = { type: "buckets", id: buckets.raw.id, orgID: org.id };
  const permissions = [{ action: "read", resource }];
  const made = await session.ask("POST", "/api/v2/authorizations", {
    orgID: org.id,
    description,
    permissions,
  });
  const { id = "", token = "" } = (made.body ?? {}) as Partial<Authorization>;
  output.addSecrets(token);
  output.check("a token is made that no stack knows", [made.status, token === ""], [201, false]);
  output.line();
  await session.declare({
    handmade: { adopt: id, description, readBucket: [buckets.raw.name] },
    downsampler: { ...declared["downsampler"], keepers: { period: "2027-01" } },
  });
  // A server that keeps tokens hashed does not tell its value.
  const key = "influx-token:tokens.handmade.adoptToken";
  await session.pulumi(`config set --secret --path ${key}`, { input: token });
  await reportTakeover(session, id);

  const run = await session.pulumi("up");
  output.quote(doneLines(run.stdout));
  session.checkRequests(run, {
    "GET /api/v2/authorizations/{id}": 1,
    "GET /api/v2/me": 1,
    "GET /api/v2/orgs": 1,
    "GET /api/v2/buckets": 2,
    "POST /api/v2/authorizations": 1,
    "DELETE /api/v2/authorizations/{id}": 1,
  });
  const { handmade, downsampler, ...others } = await session.recordedTokens();
  output.check("handmade: the id and the value that it had", [handmade?.id, handmade?.token], [id, token]);
  const { downsampler: old, ...oldOthers } = before;
  output.check("the others but downsampler are as they were", others, oldOthers);
  const path = `/api/v2/buckets/${buckets.raw.id}`;
  const statuses = [handmade?.token, downsampler?.token, old?.token].map(
    async (value) => (await session.ask("GET", path, undefined, value)).status,
  );
  output.check(
    "handmade and the new downsampler open the bucket raw (200), the old one no more (401)",
    await Promise.all(statuses),
    [200, 200, 401],
  );
  output.check("the server holds these 5 tokens", (await server.authorizations()).length, 5);
  await checkState(session, 5);
}

/** What a preview with preflight says of it: that the server has what is declared. */
async function reportTakeover(session: Session, id: string): Promise<void> {
  const { output } = session;
  const { run, tokens } = await session.report("preview --json --show-sames", [], { INFLUX_PREFLIGHT: "1" });
  output.check(
    "the report shows which token is adopted, and which is replaced",
    mapValues(tokens, ({ action, adopts, reasons }) => [
      action,
      ...(adopts === undefined ? [] : [adopts]),
      ...reasons,
    ]),
    {
      dashboards: ["same"],
      downsampler: ["replace", "keepers"],
      everything: ["same"],
      handmade: ["adopt", id],
      operator: ["same"],
    },
  );
  const changed = Object.values(tokens).flatMap(({ permissions: { added, removed } }) => [
    ...added,
    ...removed,
  ]);
  output.check("no permission is added or removed", changed, []);
  // The token that makes tokens is tried, and so is the value of the one that is adopted.
  session.checkRequests(run, {
    "GET /api/v2/me": 2,
    "GET /api/v2/orgs": 1,
    "GET /api/v2/buckets": 2,
    "GET /api/v2/authorizations/{id}": 1,
  });
  output.line();
}

const DEVICES = 1_000;

/** To the engine they are 64 resources: a token each would take a minute. */
async function fleet(session: Session): Promise<void> {
  const { server, output } = session;
  const { raw, daily } = server.buckets;
  const names = Array.from({ length: DEVICES }, (_, index) => `device-${index}`);
  const members = new Map(names.map((name) => [name, ""]));
  const each = { writeBucket: [raw.name], description: "device: {member}" };
  await session.declareFleet("devices", each, members);
  output.note("Written to devices.csv: 1,000 devices; and to Pulumi.dev.yaml, below config:");
  output.quote([
    "influx-token:fleets:",
    "  devices:",
    "    membersFrom: devices.csv",
    `    each: { writeBucket: [${raw.name}], description: "${each.description}" }`,
  ]);

  const run = await session.pulumi("up");
  // Shards, the fleet itself, and what deletes its old tokens.
  output.check(`1,000 tokens were made, in ${run.seconds}`, run.resources, { created: 66, unchanged: 6 });
  if (run.requests !== undefined) {
    const { "POST /api/v2/authorizations": posts } = run.requests;
    output.check("requests that made a token: 1,000", posts, DEVICES);
  }
  const before = await session.fleetTokens("devices");
  output.check("each device has its own", new Set(Object.values(before)).size, DEVICES);
  output.check("the server holds them beside the 5", (await server.authorizations()).length, DEVICES + 5);
  const write = async (bucket: string, token = ""): Promise<number> => {
    const path = `/api/v2/write?orgID=${server.org.id}&bucket=${bucket}`;
    return (await session.ask("POST", path, "demo value=1", token)).status;
  };
  const used = ["device-0", "device-499", "device-999"].map(async (name) => [
    await write(raw.id, before[name]),
    await write(daily.id, before[name]),
  ]);
  output.check("three of them write to raw (204) and not to daily (403)", await Promise.all(used), [
    [204, 403],
    [204, 403],
    [204, 403],
  ]);

  output.line();
  const stolen = "device-7";
  await session.declareFleet("devices", each, new Map([...members, [stolen, "2027-01"]]));
  output.note(`Changed in devices.csv: ${stolen},2027-01`);
  const rotation = await session.pulumi("up");
  output.check(`1 shard was updated, and its old token ended, in ${rotation.seconds}`, rotation.resources, {
    updated: 1,
    replaced: 1,
    unchanged: 70,
  });
  const { [stolen]: renewed, ...others } = await session.fleetTokens("devices");
  const { [stolen]: old, ...oldOthers } = before;
  output.check("the other 999 keep theirs", others, oldOthers);
  output.check(
    `the new token of ${stolen} writes (204), the stolen one no more (401)`,
    [await write(raw.id, renewed), await write(raw.id, old)],
    [204, 401],
  );
}

/** As it was before; and what was secret has stayed so. */
async function destroy(session: Session): Promise<void> {
  const { server, output, tokens } = session;
  const run = await session.pulumi("destroy");
  output.quote(doneLines(run.stdout));
  output.check(`1,005 tokens and the stack were deleted, in ${run.seconds}`, run.resources, { deleted: 72 });
  // The state still names the stolen one: that the end of the last run deleted it was not written down any more.
  session.checkRequests(run, { "DELETE /api/v2/authorizations/{id}": DEVICES + 6 });
  output.check("no token is left in the demo's organization", await server.authorizations(), []);
  const statuses = await Promise.all(
    Object.values(tokens).map(
      async ({ token }) => (await session.ask("GET", "/api/v2/resources", undefined, token)).status,
    ),
  );
  output.check("the server refuses the values of the 5 (401)", statuses, [401, 401, 401, 401, 401]);

  output.line();
  // The operator's, the four, the two that replaced one, the one that was made by hand, the fleet's and the renewed one.
  output.check("token values that the demo came to know: 1,009", output.secretCount, DEVICES + 9);
  const files = await session.files();
  const where = `the ${files.length} files of the engine (state, backups, history, config)`;
  output.checkNoSecret(`none is in ${where}`, files);
  output.checkNoSecret(`none is in what its ${session.captured.length} commands printed`, session.captured);
  output.checkNoSecret("none is in what you read here", [output.unredacted]);
}

/** Encrypted in the file, and nowhere in it as they are. */
async function checkState({ engine, output }: Session, count = 4): Promise<void> {
  const tokens = tokenResources(await engine.state()).map(
    ({ outputs }) => Object(outputs?.["token"]) as object,
  );
  const encrypted = tokens.map((token) => "ciphertext" in token);
  output.check(`the state file holds all ${count} values encrypted`, encrypted, Array(count).fill(true));
  output.checkNoSecret("no token value is in the state file", [await engine.stateText()]);
}

/** The permissions of a token as the server has to grant them: with ids in place of names, but for buckets. */
function granted(token: DeclaredToken, { server }: Session): Permission[] {
  return expandPermissions(token, { orgId: server.org.id, userId: server.userId });
}

/** A bucket in the report is called as in the program. */
function withBucketName({ action, resource }: Permission): Permission {
  return { action, resource: { ...resource, ...(resource.id && { id: spellBucket(resource.id) }) } };
}

function grantedTable(token: DeclaredToken | undefined, session: Session): PermissionTable {
  const { raw, daily } = session.server.buckets;
  const ids = new Map([raw, daily].map(({ id, name }) => [standInFor(name), id]));
  return permissionTable(granted(token ?? {}, session), (id) => ids.get(id) ?? id);
}

/** Ids in a list of organizations or authorizations. */
function idsIn(body: unknown): string[] {
  const lists = Object.values((body ?? {}) as Record<string, unknown>).filter(Array.isArray);
  return (lists.flat() as { id: string }[]).map(({ id }) => id).sort();
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
