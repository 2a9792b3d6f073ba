import type { Profile, ProfileRequest } from "../../../../provider/connection/profiles";
import type { Sources } from "../../../../provider/connection/sources";
import { ConnectionError } from "../../../../provider/errors";

export interface Given {
  stored?: Sources["stored"];
  open?: string[];
  /** Without `influx-token:`. */
  config?: Record<string, string>;
  env?: Record<string, string>;
  /** A text is why the profile cannot be read. */
  profile?: Profile | string;
}

/** Sources as given; `asked` keeps what was asked of the configs file. */
export function sourcesOf(
  { stored = {}, open = [], config = {}, env = {}, profile }: Given,
  asked: ProfileRequest[] = [],
): Sources {
  return {
    stored,
    open: new Set(open),
    config: (key) => config[key.replace(/^influx-token:/, "")],
    env,
    readProfile: (request) => {
      asked.push(request);
      if (typeof profile === "string") throw new ConnectionError("connection.configsPath", profile);
      return profile;
    },
    readPem: (path) => `PEM of ${path}`,
  };
}
