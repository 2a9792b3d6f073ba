import { expandPermissions } from "../../../../provider/permissions/expand";
import { checkInputs, type InfluxTokenInputs } from "../../../../provider/token/inputs";
import type { Authorization } from "../../../../provider/types";

export const ORG_ID = "00000000000000a1";
export const USER_ID = "00000000000000b1";
export const OTHER_ID = "00000000000000c1";
export const HOST = "http://a";

/** The inputs as `check` gives them on; fails where it refuses them. */
export function checked(raw: Record<string, unknown>): InfluxTokenInputs {
  const context = { organization: () => undefined, host: ({ host = HOST }) => host };
  const { inputs, failures } = checkInputs(raw, {}, context);
  expect(failures).toEqual([]);
  return inputs as unknown as InfluxTokenInputs;
}

/** What a server answers that makes a token of these inputs. */
export function authorizationOf(inputs: InfluxTokenInputs): Authorization {
  return {
    id: "00000000000000d1",
    token: "t0ken",
    status: inputs.status ?? "active",
    description: inputs.description ?? "",
    orgID: ORG_ID,
    org: inputs.org ?? "acme",
    userID: USER_ID,
    user: inputs.user ?? "admin",
    permissions: expandPermissions(inputs, { orgId: ORG_ID, userId: USER_ID }),
    links: {},
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
  };
}
