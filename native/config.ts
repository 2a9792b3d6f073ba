/** From a provider's config to what its tokens resolve their connections with. Pure. */
import { SETTINGS } from "../provider/connection/settings";
import type { StackConfig } from "../provider/connections";
import { isRecord } from "../provider/json";
import type { ConnectionInputs } from "../provider/types";
import { hasSecret, type Properties, revealed, secret } from "./wire";

const NAMESPACE = "influx-token:";

/** Keys that belong together: one of them from an older place would be another server's, or another organization's. */
const PAIRS: readonly (readonly string[])[] = [
  ["host", "token"],
  ["org", "orgId"],
];

/** What one provider of a program is configured with. */
export interface ProviderConfig {
  /** The settings that an explicit provider gives, as a token's own connection would. */
  readonly connection: ConnectionInputs;
  readonly config: StackConfig;
  /** What of it is secret, in place of the inputs that follow from it. */
  readonly marks: Properties;
}

/**
 * @param args the provider's inputs, with their marks. Those of a default provider come from the stack's config, in a
 *   refresh and a destroy from the config as the state has it.
 * @param isDefault whether nobody wrote the provider down.
 * @param stackConfig the stack's config as it is now, as far as the engine tells it.
 */
export function providerConfig(
  args: Properties,
  isDefault: boolean,
  stackConfig: Properties,
): ProviderConfig {
  const given = revealed(args) as Properties;
  const [first, second] = isDefault ? [stackConfig, given] : [given, stackConfig];
  const isSetting = (name: string): boolean => name in SETTINGS;
  const own = Object.entries(given).filter(([name, value]) => isSetting(name) && !isLeftOut(value));
  return {
    connection: isDefault ? {} : Object.fromEntries(own),
    config: (key) => {
      const name = key.slice(NAMESPACE.length);
      // What an explicit provider gives of its connection comes as that.
      const sources = isSetting(name) && !isDefault ? [stackConfig] : [first, second];
      return textOf(sources.find((source) => namesAny(source, name))?.[name]);
    },
    marks: {
      ...marksOf(args, ["host", "org", "orgId", "user", "rotateAfter"]),
      ...(hasSecret(args["descriptionTemplate"]) && { description: secret("") }),
    },
  };
}

/** The config of this plugin's namespace that the engine gives each plugin. Keys come without it. */
export function stackConfigOf({
  PULUMI_CONFIG: json = "",
}: Readonly<Record<string, string | undefined>>): Properties {
  try {
    const config: unknown = JSON.parse(json);
    if (!isRecord(config)) return {};
    return Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key.slice(key.lastIndexOf(":") + 1), value]),
    );
  } catch {
    return {};
  }
}

/** Whether a source says anything of the key, or of the one that belongs to it. */
function namesAny(source: Properties, name: string): boolean {
  const together = PAIRS.find((pair) => pair.includes(name)) ?? [name];
  return together.some((each) => !isLeftOut(source[each]));
}

function marksOf(args: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(names.filter((name) => hasSecret(args[name])).map((name) => [name, secret("")]));
}

function textOf(value: unknown): string | undefined {
  if (isLeftOut(value)) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
