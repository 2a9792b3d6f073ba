import * as fc from "fast-check";
import { resolveOrganization } from "../../../provider/connection/organization";
import { NotKnownYetError } from "../../../provider/connection/sources";
import { organizationNameProblem } from "../../../provider/organizationName";
import type { Organization } from "../../../provider/types";
import { thrownBy } from "../../support/thrownBy";
import { type Given, sourcesOf } from "./support/sources";

const resolve = (given: Given, recorded?: Organization): Organization | undefined =>
  resolveOrganization(sourcesOf(given), recorded);

const ID = "00000000000000a1";
const profile = { name: "p", org: "profile" };

describe("the organization that a program leaves out", () => {
  const env = { INFLUX_ORG_ID: ID };
  const config = { org: "config" };

  it("comes from the stack's config, the state, the environment or the profile, in this order", () => {
    expect(resolve({ config, env, profile }, { org: "recorded" })).toEqual({ org: "config" });
    expect(resolve({ env, profile }, { org: "recorded" })).toEqual({ org: "recorded" });
    expect(resolve({ env, profile }, { orgId: ID })).toEqual({ orgId: ID });
    expect(resolve({ env, profile })).toEqual({ orgId: ID });
    expect(resolve({ env, profile }, {})).toEqual({ orgId: ID });
    expect(resolve({ profile })).toEqual({ org: "profile" });
    expect(resolve({ profile: { name: "p" } })).toBeUndefined();
  });

  it("is resolved without the profile wherever another source gives it", () => {
    for (const given of [{ config }, { env }]) {
      expect(() => resolve({ ...given, profile: "cannot read it" })).not.toThrow();
    }
    expect(resolve({ profile: "cannot read it" }, { org: "recorded" })).toEqual({ org: "recorded" });
    expect(() => resolve({ profile: "cannot read it" })).toThrow("cannot read it");
  });

  it("cannot be resolved where one source gives both name and id", () => {
    expect(() => resolve({ env: { INFLUX_ORG: "a", INFLUX_ORG_ID: ID } })).toThrow(
      "INFLUX_ORG and INFLUX_ORG_ID are both set: keep one of them",
    );
    expect(() => resolve({ config: { org: "a", orgId: ID } })).toThrow(
      "influx-token:org and influx-token:orgId are both set: keep one of them",
    );
  });

  it.each<[string, Given]>([
    ["influx-token:org in the stack config", { config: { org: " acme" } }],
    ["INFLUX_ORG", { env: { INFLUX_ORG: "acme\n" } }],
    ['org of the profile "p"', { profile: { name: "p", org: "\tacme " } }],
  ])("is refused with blanks around its name: %s", (from, given) => {
    expect(thrownBy(() => resolve(given))).toMatchObject({
      property: "org",
      message: expect.stringMatching(
        new RegExp(`^${from} ".*acme.*" has blanks around .*: write "acme"$`),
      ) as unknown,
    });
  });

  it.each<[string, Given]>([
    ["influx-token:orgId in the stack config", { config: { orgId: "acme" } }],
    ["INFLUX_ORG_ID", { env: { INFLUX_ORG_ID: "0".repeat(16) } }],
  ])("is refused by an id that is none: %s", (from, given) => {
    expect(thrownBy(() => resolve(given))).toMatchObject({
      property: "orgId",
      message: expect.stringMatching(new RegExp(`^${from} ".*" is not an organization id`)) as unknown,
    });
  });

  it("has its id in lower case", () => {
    expect(resolve({ config: { orgId: "00000000000000A1" } })).toEqual({ orgId: ID });
  });

  it("is not known yet where it depends on a profile that is not", () => {
    expect(() => resolve({ open: ["activeConfig"], profile })).toThrow(NotKnownYetError);
    expect(resolve({ open: ["activeConfig"], env, profile })).toEqual({ orgId: ID });
  });
});

describe("the name of an organization", () => {
  it("may hold any text, blanks within included", () => {
    for (const name of ["acme", "acme corp", "a/b", ID, "\ufeffacme", "é"]) {
      expect(organizationNameProblem(name)).toBeUndefined();
    }
  });

  it("has none of the blanks around it that the server leaves out", () => {
    const blank = fc.constantFrom(
      ...Array.from(" \t\n\v\f\r\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"),
    );
    fc.assert(
      fc.property(blank, fc.boolean(), (one, before) => {
        expect(organizationNameProblem(before ? `${one}acme` : `acme${one}`)).toMatch(/: write "acme"$/);
      }),
    );
    expect(organizationNameProblem(" \t")).toMatch(/holds nothing but blanks/);
  });
});
