import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "docs/api/", ".stryker-tmp/", "**/node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.{cjs,mjs}"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        fetch: "readonly",
        __dirname: "readonly",
        module: "writable",
        require: "readonly",
      },
    },
  },
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A number or a boolean reads well in a message; everything else must be turned into text on purpose.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ["provider/**/*.ts"],
    rules: {
      // Loaded inside a function, when first needed. The bundler of the plugin understands no other form of it.
      "@typescript-eslint/no-require-imports": [
        "error",
        { allow: ["^(axios|axios-retry|https-proxy-agent|smol-toml)$"] },
      ],
    },
  },
);
