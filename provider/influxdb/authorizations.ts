import { InfluxTokenError, isNotFound } from "../errors";
import type { Authorization, NewAuthorization, TokenStatus } from "../types";
import type { InfluxClient } from "./client";

const PATH = "/api/v2/authorizations";

const one = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

/** Makes a token. The answer is the only place where a server that stores tokens hashed ever tells it. */
export async function createAuthorization(
  client: InfluxClient,
  body: NewAuthorization,
): Promise<Authorization> {
  const purpose = `create the token${body.description === undefined ? "" : ` "${body.description}"`}`;
  return asAuthorization(await client.request({ method: "POST", path: PATH, body, purpose }), purpose);
}

/** Reads a token's record by id, never by listing: a server's list has no pages. `undefined` where it is gone. */
export async function readAuthorization(
  client: InfluxClient,
  id: string,
): Promise<Authorization | undefined> {
  const purpose = `read the token ${id}`;
  try {
    return asAuthorization(await client.request({ method: "GET", path: one(id), purpose }), purpose);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Changes what a server lets one change of a token: anything else in a PATCH is ignored with 200. */
export async function updateAuthorization(
  client: InfluxClient,
  id: string,
  body: { description?: string; status?: TokenStatus },
): Promise<Authorization> {
  const purpose = `update the token ${id}`;
  return asAuthorization(await client.request({ method: "PATCH", path: one(id), body, purpose }), purpose);
}

/** Deletes a token. One that is already gone is no error. */
export async function deleteAuthorization(client: InfluxClient, id: string): Promise<void> {
  try {
    await client.request({ method: "DELETE", path: one(id), purpose: `delete the token ${id}` });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function asAuthorization(answer: unknown, purpose: string): Authorization {
  const { id, permissions } = (answer ?? {}) as Partial<Authorization>;
  if (typeof id !== "string" || !Array.isArray(permissions)) {
    throw new InfluxTokenError(
      `cannot ${purpose}: the answer is not InfluxDB's: does a proxy stand at this address?`,
    );
  }
  return answer as Authorization;
}
