import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(__dirname, "..", "..");

/** The pages that readers follow: README, CONTRIBUTING and everything in docs. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Text of a page. */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** A code block of a page. */
export interface Block {
  readonly page: string;
  /** The first one of a page and language is 1. */
  readonly number: number;
  readonly text: string;
}

/** Every code block of a language, also within lists. */
export function blocksOf(language: string): Block[] {
  const form = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\`$`, "gm");
  return PAGES.flatMap((page) =>
    [...readPage(page).matchAll(form)].map(([, indent = "", text = ""], index) => ({
      page,
      number: index + 1,
      text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    })),
  );
}
