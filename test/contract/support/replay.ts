import { differences, fill, isRecord, mapText } from "./compare";
import { call } from "./http";
import {
  AUTHORIZATIONS,
  authorizationsOf,
  createdAuthorization,
  listedAuthorizations,
  placeholderName,
  type Exchange,
  type ListedAuthorization,
  type Recording,
} from "./recording";
import { idOf, post, type Leniency, type Target } from "./target";

/** What each server answers in its own way: expected is then any value. */
const HEADERS_OF_THE_SERVER: ReadonlySet<string> = new Set(["X-Influxdb-Version"]);

/** Replays the exchanges of a recording on a target, one after the other. */
export class Replay {
  private readonly listed: ListedAuthorization[];
  private readonly createdByExchange: ReadonlySet<string | undefined>;

  constructor(
    private readonly target: Target,
    recording: Recording,
  ) {
    this.listed = listedAuthorizations(recording);
    this.createdByExchange = new Set(recording.exchanges.map(createdAuthorization));
  }

  /** @returns the differences between what was recorded and what the target answers; none if it holds. */
  async run(recorded: Exchange): Promise<string[]> {
    await this.createUnrecorded(recorded);
    const { as, request, response: expected } = this.rename(recorded) as Exchange;
    const { url, operatorToken, bindings, leniency } = this.target;
    const { method, path, headers = {}, body, rawBody } = fill(request, bindings) as Exchange["request"];
    const got = await call(url, {
      method,
      path,
      headers,
      token: as === null ? undefined : as === "operator" ? operatorToken : this.bound(`${as}.token`),
      body,
      ...(rawBody !== undefined && { rawBody }),
    });
    if (method === "POST" && got.status === 201) this.target.made(`${path}/${idOf(got.body)}`);

    const wanted =
      leniency === undefined ? expected.body : soften(expected.body, got.body, request, leniency);
    const seen = leniency === undefined ? got.body : this.withoutStrangers(got.body);
    return [
      ...differences(expected.status, got.status, bindings, "status"),
      ...Object.entries(expected.headers).flatMap(([name, value]) => {
        const seenValue = got.headers[name.toLowerCase()];
        const anyValue = leniency !== undefined && HEADERS_OF_THE_SERVER.has(name);
        const wantedValue = anyValue ? (seenValue ?? value) : value;
        return differences(wantedValue, seenValue, bindings, `header ${name}`);
      }),
      ...differences(wanted, seen, bindings, "body"),
    ];
  }

  /**
   * Lists show authorizations that no exchange of the recording creates. They are made when their turn comes in
   * the order of the list, or at the latest before the list itself.
   */
  private async createUnrecorded(next: Exchange): Promise<void> {
    const upTo = createdAuthorization(next);
    const isList = authorizationsOf(next.response.body).length > 0;
    const end = isList ? this.listed.length : this.listed.findIndex(({ id }) => placeholderName(id) === upTo);
    for (const { id, ...wanted } of this.listed.slice(0, Math.max(0, end))) {
      const name = placeholderName(id);
      const known = this.target.bindings.has(name) || this.createdByExchange.has(name);
      if (known || name === "operator-auth") continue;
      await this.create(name, wanted);
    }
  }

  private async create(name: string, wanted: Omit<ListedAuthorization, "id">): Promise<void> {
    const { url, operatorToken, bindings } = this.target;
    const { orgID, userID, status, description } = wanted;
    const permissions = wanted.permissions.map(({ action, resource: { type, id, orgID } }) => ({
      action,
      resource: { type, id, orgID },
    }));
    const body = fill({ orgID, userID, status, description, permissions }, bindings);
    const made = await post(url, operatorToken, AUTHORIZATIONS, body);
    this.target.made(`${AUTHORIZATIONS}/${idOf(made)}`);
    bindings.set(name, idOf(made)).set(`${name}.token`, String(made["token"]));
  }

  private bound(name: string): string {
    const value = this.target.bindings.get(name);
    if (value === undefined) throw new Error(`The recording uses {{${name}}} before an answer shows it.`);
    return value;
  }

  /** Puts the target's names in place of the recorded ones, but not inside placeholders. */
  private rename(exchange: Exchange): unknown {
    const { names } = this.target;
    if (names.size === 0) return exchange;
    const recorded = new RegExp(String.raw`\{\{[^}]*\}\}|\b(?:${[...names.keys()].join("|")})\b`, "g");
    const { as, request, response } = exchange;
    return {
      as,
      ...(mapText({ request, response }, (text) =>
        text.replaceAll(recorded, (word) => names.get(word) ?? word),
      ) as object),
    };
  }

  /** A list without the authorizations that were on the server before. */
  private withoutStrangers(body: unknown): unknown {
    if (!isRecord(body) || !("authorizations" in body)) return body;
    const known = new Set(this.target.bindings.values());
    return { ...body, authorizations: authorizationsOf(body).filter(({ id }) => known.has(id)) };
  }
}

/** What versions may legitimately answer differently: expected is then what came, or what this server does. */
function soften(expected: unknown, got: unknown, request: Exchange["request"], leniency: Leniency): unknown {
  if (request.path === "/health") return { ...(expected as object), ...pick(got, ["version", "commit"]) };
  if (request.path === "/api/v2/resources" && isResourceList(got)) return got;
  if (isRecord(expected) && expected["message"] === "encodeAuthorization: unknown authorization status") {
    return soften({ ...expected, message: "unknown authorization status" }, got, request, leniency);
  }
  if (isRecord(expected) && expected["message"] === "unknown authorization status") {
    const { message } = pick(got, ["message"]);
    return String(message).endsWith(expected["message"]) ? { ...expected, message } : expected;
  }
  return request.method === "POST" ? expected : softenTokens(expected, leniency);
}

function softenTokens(expected: unknown, leniency: Leniency): unknown {
  if (!isRecord(expected)) return expected;
  if (Array.isArray(expected["authorizations"])) {
    const authorizations = (expected["authorizations"] as unknown[])
      // The operator's own authorization is another one on every server.
      .filter((each) => idOf(each) !== "{{operator-auth}}")
      .map((each) => softenTokens(each, leniency));
    return { ...expected, authorizations };
  }
  if (!("token" in expected)) return expected;
  return { ...expected, token: leniency.showsTokens ? `{{${placeholderName(idOf(expected))}.token}}` : "" };
}

/** Types came and went, these did not. */
function isResourceList(got: unknown): boolean {
  return (
    Array.isArray(got) &&
    ["authorizations", "buckets", "orgs", "tasks", "users"].every((type) => got.includes(type))
  );
}

function pick(value: unknown, keys: string[]): Record<string, unknown> {
  return isRecord(value) ? Object.fromEntries(keys.map((key) => [key, value[key]])) : {};
}
