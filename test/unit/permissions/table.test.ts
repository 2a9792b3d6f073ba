import * as fc from "fast-check";
import { CATALOGUE } from "../../../provider/permissions/catalogue";
import { formatPermission, sortedUnique } from "../../../provider/permissions/format";
import { permissionTable, spellName, spellUser } from "../../../provider/permissions/table";
import type { Permission } from "../../../provider/types";

const id = fc
  .bigInt({ min: 1n, max: 0xffff_ffff_ffff_ffffn })
  .map((value) => value.toString(16).padStart(16, "0"));

/** An id that an organization or user goes by, or its name, which may look like anything. */
const idOrName = fc.oneof(
  id.map((text) => ({ kind: "id", text }) as const),
  fc
    .oneof(
      fc.string({ minLength: 1, unit: "grapheme" }),
      fc.string({ minLength: 1, unit: fc.constantFrom("%", "/", "2", "F", "\n", "a", "\u0085", " ") }),
      id,
      id.map((text) => text.toUpperCase()),
      fc.constantFrom("me", "%6De", "orgs", "/", "%", "a/buckets", "constructor", "__proto__"),
    )
    .map((text) => ({ kind: "name", text }) as const),
);

const spelled = ({ kind, text }: { kind: "id" | "name"; text: string }, spell = spellName): string =>
  kind === "id" ? text : spell(text);

const permission: fc.Arbitrary<Permission> = fc
  .record(
    {
      type: fc.constantFrom(...CATALOGUE.map(({ type }) => type), "instance", "a type/of later"),
      id,
      orgID: idOrName.map((organization) => spelled(organization)),
    },
    { requiredKeys: ["type"] },
  )
  .chain((resource) =>
    fc.record({ action: fc.constantFrom("read", "write"), resource: fc.constant(resource) }),
  );

describe("the table of permissions", () => {
  it("says of each reach what may be done there, sorted", () => {
    const orgID = "00000000000000a1";
    const one = (action: "read" | "write", resource: Permission["resource"]): Permission => ({
      action,
      resource,
    });
    expect(
      permissionTable([
        one("write", { type: "tasks", orgID }),
        one("read", { type: "orgs", id: orgID }),
        one("read", { type: "tasks", orgID }),
        one("write", { type: "buckets", id: "00000000000000c1", orgID }),
        one("read", { type: "users" }),
      ]),
    ).toEqual({
      "/orgs/00000000000000a1": "read",
      "/users": "read",
      "orgs/00000000000000a1/buckets/00000000000000c1": "write",
      "orgs/00000000000000a1/tasks": "read, write",
    });
  });

  it("has different keys for different permissions, whatever the names are", () => {
    fc.assert(
      fc.property(permission, permission, (a, b) => {
        const same = formatPermission(a) === formatPermission(b) && a.resource.type === b.resource.type;
        const [one, other] = [permissionTable([a]), permissionTable([b])];
        expect(JSON.stringify(one) === JSON.stringify(other)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  it("writes two organizations alike only where they are the same", () => {
    fc.assert(
      fc.property(idOrName, idOrName, (a, b) => {
        expect(spelled(a) === spelled(b)).toBe(a.kind === b.kind && a.text === b.text);
        expect(spelled(a, spellUser) === spelled(b, spellUser)).toBe(a.kind === b.kind && a.text === b.text);
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps a name within its part of the key, and on one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect(spellName(name)).not.toMatch(/[/\p{Cc}]/u);
        expect(spellUser(name)).not.toBe("me");
      }),
    );
  });

  it("spells a slash, a percent sign, a line break and a name that looks like an id so that they are no id and no key", () => {
    expect(spellName("a/b%c\n")).toBe("a%2Fb%25c%0A");
    expect(spellName("\u0085")).toBe("%C2%85");
    expect(spellName("0123456789abcdef")).toBe("%30123456789abcdef");
    expect(spellName("ABCDEF0123456789")).toBe("%41BCDEF0123456789");
    expect(spellName("0000000000000000")).toBe("%30000000000000000");
    expect(spellName("Größe & mehr")).toBe("Größe & mehr");
    expect(spellUser("me")).toBe("%6De");
    expect(spellName("me")).toBe("me");
  });

  it("is the same for the same permissions in any order and number", () => {
    fc.assert(
      fc.property(fc.array(permission), (all) => {
        expect(permissionTable([...all].reverse())).toEqual(permissionTable(sortedUnique(all)));
      }),
    );
  });
});
