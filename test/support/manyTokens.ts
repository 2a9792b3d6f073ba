import { CATALOGUE } from "../../provider/permissions/catalogue";
import { expandPermissions } from "../../provider/permissions/expand";
import type { Authorization, Permission } from "../../provider/types";
import type { TestServer } from "./influxdb";

/** Names of buckets that are hard to tell from something else. */
export const ODD_BUCKETS = [
  "metrics",
  "0123456789abcdef",
  "0000000000000000",
  "name:metrics",
  "a/b c",
  " blank ",
  "wärme🌡",
  "it's",
  "true",
  "${x}",
];

/** Descriptions that are hard to write down. */
export const ODD_DESCRIPTIONS = [
  "",
  "",
  "telegraf",
  "telegraf",
  "Telegraf!",
  "!!!",
  "2026",
  "true",
  "two\nlines\r\nand a tab\t",
  `he said "it's" 'so'`,
  'only "double" ones',
  "back\\slash \\n `tick` ${x} */ // # : - {a} [b]",
  "- item",
  "# comment",
  "\u202eright to left\u2028",
  "wärme🌡 in 漢字",
  " blanks around ",
  "\u0000nul\u007f",
  "long ".repeat(70),
  "x".repeat(300),
];

/** What was made: what can be adopted, and what cannot. */
export interface ManyTokens {
  readonly adoptable: readonly Authorization[];
  readonly inexpressible: readonly Authorization[];
}

/** Makes tokens of all kinds, more than fifty, in the organization of the server. */
export async function makeManyTokens(server: TestServer): Promise<ManyTokens> {
  const { orgId, adminId } = server;
  const call = <T>(method: string, path: string, body?: unknown): Promise<T> =>
    server.call(method, path, body);
  const { id: ciId } = await call<{ id: string }>("POST", "/api/v2/users", { name: "ci" });
  const buckets = await Promise.all(ODD_BUCKETS.map((name) => server.makeBucket(name)));
  const [bucket = ""] = buckets;
  const { buckets: all } = await call<{ buckets: { id: string; name: string }[] }>(
    "GET",
    `/api/v2/buckets?orgID=${orgId}&name=_monitoring`,
  );
  const monitoring = all[0]?.id ?? "";
  const context = { orgId, userId: adminId };
  const make = (description: string, permissions: readonly Permission[], more = {}): Promise<Authorization> =>
    call("POST", "/api/v2/authorizations", { orgID: orgId, description, permissions, ...more });
  const on = (action: Permission["action"], type: string, id?: string): Permission => ({
    action,
    resource: { type, orgID: orgId, ...(id !== undefined && { id }) },
  });
  const anywhere = (action: Permission["action"], type: string, id?: string): Permission => ({
    action,
    resource: { type, ...(id !== undefined && { id }) },
  });
  const allAccess = expandPermissions({ allAccess: true }, context);
  const single = "00000000000000c1";
  const kinds: [string, readonly Permission[], object?][] = [
    ["operator", expandPermissions({ operator: true }, context)],
    ["all access", allAccess],
    ["all access of ci", expandPermissions({ allAccess: true }, { orgId, userId: ciId }), { userID: ciId }],
    ["all access but one", allAccess.slice(0, -1)],
    ["all access and users", [...allAccess, anywhere("read", "users")]],
    ["inactive", [on("read", "tasks")], { status: "inactive" }],
    ["of ci", [on("read", "tasks")], { userID: ciId }],
    ["every odd bucket", buckets.flatMap((id) => [on("read", "buckets", id), on("write", "buckets", id)])],
    ["system bucket", [on("read", "buckets", monitoring), anywhere("read", "orgs", orgId)]],
    ["writes a system bucket", [on("write", "buckets", monitoring)]],
    ["one and all", [on("read", "buckets"), on("read", "buckets", bucket)]],
    ["twice", [on("read", "tasks"), on("read", "tasks")]],
    [
      "single ones",
      ["dashboards", "telegrafs", "tasks"].flatMap((type) => [
        on("read", type, single),
        on("write", type, single),
      ]),
    ],
    ["own organization", [anywhere("read", "orgs", orgId), anywhere("write", "orgs", orgId)]],
    ["one user", [anywhere("read", "users", adminId)]],
    ["scoped users", [on("read", "users"), on("read", "orgs")]],
    ["bucket anywhere", [anywhere("read", "buckets", bucket)]],
    ["every organization", [anywhere("read", "orgs"), anywhere("write", "users")]],
  ];
  const adoptable: Authorization[] = [];
  for (const [description, permissions, more] of kinds)
    adoptable.push(await make(description, permissions, more));
  for (const { type, scope } of CATALOGUE.filter(({ editions }) => editions.length > 1)) {
    adoptable.push(
      await make(`type ${type}`, [scope === "server" ? anywhere("read", type) : on("write", type)]),
    );
  }
  for (const description of ODD_DESCRIPTIONS) {
    adoptable.push(await make(description, [on("read", "labels"), on("write", "buckets", bucket)]));
  }
  const inexpressible = [
    await make("one type everywhere", [anywhere("read", "tasks"), on("read", "checks")]),
  ];
  return { adoptable, inexpressible };
}
