import { nameOf, tokenResources } from "../../../scripts/engine";
import { doneLines, previewedPermissions } from "../../../scripts/engineOutput";
import { TOKEN_KINDS } from "../../../provider/tokenTypes";

const TYPES = TOKEN_KINDS.map(({ type }) => type);
const urnOf = (type: string, name: string): string => `urn:pulumi:dev::acme::${type}::${name}`;

it("finds tokens of every kind in a state", () => {
  const types = ["pulumi:providers:influx-token", "pulumi:pulumi:Stack", ...TYPES];
  const resources = types.map((type, n) => ({ type, urn: urnOf(type, `t${n}`) }));
  expect(tokenResources({ resources }).map(nameOf)).toEqual(["t2", "t3", "t4", "t5"]);
});

it("reads what is previewed of tokens of every kind", () => {
  const shown = TYPES.map((type, n) =>
    [
      `    + ${type}: (create)`,
      `        [urn=${urnOf(type, `t${n}`)}]`,
      `        permissions: {`,
      `            orgs/acme/tasks: "read, write"`,
      `        }`,
    ].join("\n"),
  );
  const table = { "orgs/acme/tasks": "read, write" };
  expect(Object.fromEntries(previewedPermissions(shown.join("\n")))).toEqual({
    t0: table,
    t1: table,
    t2: table,
    t3: table,
  });
});

it("names the class of what was done to a token", () => {
  const lines = TYPES.map((type, n) => ` +  ${type} t${n} created (0.12s) `);
  const others = [
    ` +  pulumi:providers:influx-token default created (0.1s)`,
    ` +  ${TYPES[0] ?? ""} t0 creating (0s)`,
  ];
  expect(doneLines([...lines, ...others].join("\n"))).toEqual([
    "+  InfluxToken t0 created",
    "+  RotatingInfluxToken t1 created",
    "+  Token t2 created",
    "+  RotatingToken t3 created",
  ]);
});
