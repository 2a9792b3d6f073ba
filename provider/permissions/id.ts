/** Whether the text is an id as InfluxDB writes it: 16 hex digits, not all zeros. Either case is accepted. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{16}$/i.test(text) && !/^0+$/.test(text);
}
