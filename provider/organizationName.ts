import { quoted } from "./text";

/**
 * Why the text cannot be an organization's name, to be read after the name of the input; `undefined` where it can.
 * InfluxDB compares names of organizations without the blanks around them, so that " acme" would be another name here
 * and the same one there.
 */
export function organizationNameProblem(name: string): string | undefined {
  // What Go's strings.TrimSpace takes away. String.trim leaves U+0085 and takes U+FEFF.
  const bare = name.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
  if (bare === name) return undefined;
  if (bare === "") return `${quoted(name)} holds nothing but blanks: give the organization's name`;
  return `${quoted(name)} has blanks around the name, which InfluxDB leaves out: write ${quoted(bare)}`;
}
