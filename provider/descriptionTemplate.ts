import { nearestName } from "./nearestName";
import { quoted } from "./text";

/** What a template can name: the stack's project, the stack, and the resource. */
const PLACEHOLDERS = ["project", "stack", "name"] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** A template, read: texts, and what stands between them. */
export type DescriptionTemplate = readonly (
  { readonly text: string } | { readonly placeholder: Placeholder }
)[];

const KNOWN = `known are ${PLACEHOLDERS.map((name) => `{${name}}`).join(", ")}, and a brace itself is written {{ or }}`;

/**
 * Reads a template such as `{project}/{stack}/{name}`.
 *
 * @returns what is wrong with it, to be read after what it is, where something is.
 */
export function readDescriptionTemplate(template: string): DescriptionTemplate | string {
  const parts = template.match(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g) ?? [];
  const read: DescriptionTemplate[number][] = [];
  for (const part of parts) {
    if (part === "{") return `has a { that no } closes: ${KNOWN}`;
    if (part === "}") return `has a } that no { opens: ${KNOWN}`;
    if (part === "{{" || part === "}}") read.push({ text: part.charAt(0) });
    else if (!part.startsWith("{")) read.push({ text: part });
    else {
      const name = part.slice(1, -1);
      if (!isPlaceholder(name)) return `has the placeholder ${quoted(part)}: ${hint(name)}${KNOWN}`;
      read.push({ placeholder: name });
    }
  }
  return read;
}

/** What a template gives. A brace within a value is only a brace. */
export function renderDescription(
  template: DescriptionTemplate,
  values: Readonly<Record<Placeholder, string>>,
): string {
  return template.map((part) => ("text" in part ? part.text : values[part.placeholder])).join("");
}

function isPlaceholder(name: string): name is Placeholder {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}

function hint(name: string): string {
  const nearest = nearestName(name.trim(), PLACEHOLDERS, 1 / 2);
  return nearest === undefined ? "" : `did you mean {${nearest}}? `;
}
