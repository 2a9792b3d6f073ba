/**
 * The API reference: `npm run docs:api` writes it, `npm run check:api` only looks for what is undocumented or leads
 * nowhere. Made of the declarations that are published, where each flag has its comment.
 *
 * @type {Partial<import("typedoc").TypeDocOptions>}
 */
export default {
  name: "pulumi-influx-token",
  entryPoints: [
    "dist/provider/index.d.ts",
    "dist/native/index.d.ts",
    "dist/emulator/index.d.ts",
    "dist/policy/policies.d.ts",
  ],
  tsconfig: "tsconfig.docs.json",
  out: "docs/api",
  readme: "none",
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: true },
  // docs/risks.md shows these.
  intentionallyNotExported: ["RISKS"],
  // The keys of its rows, which ResourceType documents.
  intentionallyNotDocumented: ["type", "scope", "editions", "since", "alias"].map(
    (key) => `provider.CATALOGUE.__type.${key}`,
  ),
};
