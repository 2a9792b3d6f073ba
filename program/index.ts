import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "../provider";
import type * as TokensFrom from "./tokensFrom";

const CONFIGURED = "influx-token:tokens";
const FILES = "influx-token:tokensFrom";

const example = `config:
  influx-token:tokens:
    ci: { org: acme, readBuckets: true }`;

/** The entries of the stack config `influx-token:tokens`: name to inputs. */
function configuredTokens(config: pulumi.Config): Map<string, object> {
  const declared: unknown = config.getObject("tokens") ?? {};
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) {
    throw new pulumi.RunError(`${CONFIGURED} must hold an entry for each token:\n${example}`);
  }
  return new Map(
    Object.entries(declared).map(([name, args]: [string, unknown]) => {
      if (typeof args !== "object" || args === null || Array.isArray(args)) {
        throw new pulumi.RunError(`${CONFIGURED}.${name} must hold the token's inputs:\n${example}`);
      }
      return [name, args];
    }),
  );
}

/** The tokens of the file or folder that the stack config `influx-token:tokensFrom` names: name to inputs. */
function tokensOfFiles(given: string, configured: Iterable<string>): Map<string, object> {
  // Loaded only where there are files to read, and at once: a program's exports are those of its module.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { tokensFrom } = require("./tokensFrom") as typeof TokensFrom;
  const run = {
    told: pulumi.getRootDirectory(),
    project: pulumi.getProject(),
    cwd: process.cwd(),
    shell: process.env["PWD"],
  };
  const others = new Map([...configured].map((name) => [name, `${CONFIGURED} of the stack config`]));
  try {
    return new Map(tokensFrom(given, run, others).map(({ name, inputs }) => [name, inputs]));
  } catch (error) {
    if (!(error instanceof Error && error.name === "TokenFilesError")) throw error;
    throw new pulumi.RunError(`${FILES}: ${given}\n${error.message}`);
  }
}

function declareTokens(): Record<string, InfluxToken> {
  const config = new pulumi.Config("influx-token");
  const configured = configuredTokens(config);
  const given = config.get("tokensFrom");
  if (given === undefined && config.get("tokens") === undefined)
    throw new pulumi.RunError(`the stack config has neither ${CONFIGURED} nor ${FILES}:\n${example}`);
  const fromFiles = given === undefined ? [] : tokensOfFiles(given, configured.keys());
  return Object.fromEntries(
    [...configured, ...fromFiles].map(([name, args]) => [name, new InfluxToken(name, args)]),
  );
}

const declared = declareTokens();

/** Each token's id, so that pipelines need not read the state. */
export const ids = Object.fromEntries(Object.entries(declared).map(([name, token]) => [name, token.id]));

/** Each token by name: secret, shown by `pulumi stack output tokens --show-secrets`. */
export const tokens = Object.fromEntries(Object.entries(declared).map(([name, { token }]) => [name, token]));
