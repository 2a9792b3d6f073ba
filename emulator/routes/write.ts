import { gunzipSync } from "node:zlib";
import { permission } from "../authorize";
import { forbidden, invalid, notFound } from "../errors";
import { parseIdIfValid } from "../ids";
import { queryId, queryValue } from "../query";
import type { Bucket, Organization, Store } from "../store";
import { noContent, type AuthenticatedRequest, type Reply, type Routes } from "./route";

export const writeRoutes: Routes = {
  "POST /api/v2/write": write,
  "* /api/v2/write": () => ({
    status: 405,
    json: { code: "method not allowed", message: "allow: OPTIONS, POST" },
    headers: { Allow: "OPTIONS, POST", "X-Platform-Error-Code": "method not allowed" },
  }),
};

/** Checks everything that a write needs, and keeps no data: the emulator shows what a token opens. */
function write({ store, caller, query, body, contentEncoding }: AuthenticatedRequest): Reply {
  const precision = queryValue(query, "precision") ?? "ns";
  if (!["ns", "us", "ms", "s"].includes(precision)) {
    throw invalid("invalid precision; valid precision units are ns, us, ms, and s");
  }
  const wanted = queryValue(query, "bucket");
  if (wanted === undefined) throw notFound("bucket not found");
  const lines = readLines(body, contentEncoding);
  const organization = findOrganization(store, query);
  const bucket = findBucket(store, organization.id, wanted);
  requireWritable(caller, organization.id, bucket.id);
  requirePoints(lines);
  return noContent;
}

function findOrganization(store: Store, query: URLSearchParams): Organization {
  const orgID = queryId(query, "orgID");
  if (orgID !== undefined) return store.organization(orgID);
  const org = queryValue(query, "org");
  if (org === undefined) throw invalid("Please provide either orgID or org");
  const id = parseIdIfValid(org);
  return id === undefined ? store.organizationByName(org) : store.organization(id);
}

/** By id first, wherever that bucket is; else by name. */
function findBucket(store: Store, orgID: string, wanted: string): Bucket {
  return store.buckets.get(parseIdIfValid(wanted) ?? "") ?? store.bucketByName(orgID, wanted);
}

function requireWritable(caller: AuthenticatedRequest["caller"], orgID: string, id: string): void {
  const refusal = "insufficient permissions for write";
  if (!caller.active) throw forbidden(`${refusal}: token is inactive`);
  if (!caller.may(permission("write", "buckets", { id, orgID }))) throw forbidden(refusal);
}

function readLines(body: Buffer, contentEncoding: string | undefined): string[] {
  if (contentEncoding !== "gzip") return body.toString("utf8").split("\n");
  try {
    return gunzipSync(body).toString("utf8").split("\n");
  } catch {
    throw invalid("gzipped HTTP body contains an invalid header");
  }
}

/** Line protocol is read only so far as to tell a point from what is none. */
function requirePoints(lines: readonly string[]): void {
  if (lines.join("\n") === "") throw invalid("writing requires points");
  const bad = lines
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !/\s\S*=/.test(line));
  if (bad.length > 0)
    throw invalid(bad.map((line) => `unable to parse '${line}': missing fields`).join("\n"));
}
