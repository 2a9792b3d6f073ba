import * as pulumi from "@pulumi/pulumi";
import { InfluxToken } from "../provider";

const example = `config:
  influx-token:tokens:
    ci: { org: acme, readBuckets: true }`;

/** A token for each entry of the stack config `influx-token:tokens`: name to inputs. */
function declareTokens(): Record<string, InfluxToken> {
  const declared = new pulumi.Config("influx-token").requireObject<unknown>("tokens");
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) {
    throw new pulumi.RunError(`influx-token:tokens must hold an entry for each token:\n${example}`);
  }
  return Object.fromEntries(
    Object.entries(declared).map(([name, args]: [string, unknown]) => {
      if (typeof args !== "object" || args === null || Array.isArray(args)) {
        throw new pulumi.RunError(`influx-token:tokens.${name} must hold the token's inputs:\n${example}`);
      }
      return [name, new InfluxToken(name, args)];
    }),
  );
}

const declared = declareTokens();

/** Each token's id, so that pipelines need not read the state. */
export const ids = Object.fromEntries(Object.entries(declared).map(([name, token]) => [name, token.id]));

/** Each token by name: secret, shown by `pulumi stack output tokens --show-secrets`. */
export const tokens = Object.fromEntries(Object.entries(declared).map(([name, { token }]) => [name, token]));
