import { UNKNOWN } from "../../../provider/token/unknown";
import { Replacements } from "../../../provider/pulumiHost/replacements";

const olds = { org: "acme", readTasks: true, host: "http://a", permissions: { "orgs/acme/tasks": "read" } };
const news = { org: "acme", readTasks: true, keepers: { a: "1" } };
const AT = { host: "http://a" };

describe("what a run remembers of a token that is replaced", () => {
  let replacements: Replacements;
  beforeEach(() => {
    replacements = new Replacements();
  });

  it("gives the second check, which comes without them, the old inputs of the first", () => {
    expect(replacements.oldInputs(olds, news)).toBe(olds);
    replacements.diffed("1", true, AT);
    expect(replacements.oldInputs({}, news)).toEqual(olds);
    expect(replacements.oldInputs({}, news)).toEqual({});
  });

  it("tells it where a token is that was imported, for no input of that does", () => {
    const imported = { org: olds.org, readTasks: olds.readTasks };
    replacements.oldInputs(imported, news);
    replacements.diffed("1", true, { host: "http://b" });
    expect(replacements.oldInputs({}, news)).toEqual({ ...imported, host: "http://b" });
  });

  it("does so where the engine replaces without asking for a diff", () => {
    replacements.oldInputs(olds, news);
    expect(replacements.oldInputs({}, news)).toBe(olds);
  });

  it("knows the token by its inputs, but for those that ignoreChanges had set back", () => {
    replacements.oldInputs(olds, { ...news, permissions: olds.permissions });
    replacements.diffed("1", true, AT);
    expect(replacements.oldInputs({}, { ...news, permissions: "(computed)" })).toEqual(olds);
  });

  it("gives nothing to a token with other inputs, nor to a new one after a token that stays", () => {
    replacements.oldInputs(olds, news);
    replacements.diffed("1", true, AT);
    expect(replacements.oldInputs({}, { ...news, keepers: { a: "2" } })).toEqual({});
    replacements.oldInputs(olds, news);
    replacements.diffed("1", false, AT);
    expect(replacements.oldInputs({}, news)).toEqual({});
  });

  it("deletes by the new connection where it is known, and by the recorded one otherwise", () => {
    const [recorded, other] = [{ host: "http://a" }, { host: "http://b" }];
    replacements.diffed("1", true, { ...AT, connection: other });
    expect(replacements.connectionFor("1", recorded)).toBe(other);
    expect(replacements.connectionFor("2", recorded)).toBe(recorded);
    // A dependent of a resource that is deleted first is compared while nothing of that is known.
    for (const open of [UNKNOWN as never, { token: UNKNOWN }]) {
      replacements.diffed("1", true, { ...AT, connection: open });
      expect(replacements.connectionFor("1", recorded)).toBe(recorded);
    }
  });
});
