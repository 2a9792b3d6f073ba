/** Text that stands for itself in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
