import { isRecord } from "../provider/json";
import { SECRET_KEY } from "../provider/pulumiHost/wireValues";
import { mayHoldTokens } from "../provider/tokenTypes";
import { isId } from "../provider/types";
import { type Json, readDocuments, record, records, ReportInputError } from "../report/json";

/** Outputs that hold ids of tokens beside the resource's own. */
const IDS = ["authorizationId", "previousAuthorizationId"];

/** A token that a stack manages. */
export interface ManagedToken {
  /** Authorization id. */
  readonly id: string;
  /** URL of the server, as the state records it. Absent where it is a secret. */
  readonly host?: string;
  /** Name of the resource. */
  readonly name: string;
}

/**
 * The tokens of a stack.
 *
 * @param text what `pulumi stack export` prints, with or without secrets.
 * @throws {ReportInputError} where it is something else.
 */
export function managedTokens(text: string): ManagedToken[] {
  const [first, ...more] = readDocuments(text).filter(isRecord);
  if (first === undefined || !isRecord(first["deployment"]) || more.length > 0) {
    throw new ReportInputError("this is not what `pulumi stack export` prints");
  }
  return records(first["deployment"]["resources"]).filter(isManaged).flatMap(tokensOf);
}

/** Whether the stack deletes it some day: not what it only reads. A type that this version does not know may be a token's. */
function isManaged({ type, external }: Json): boolean {
  return mayHoldTokens(type) && external !== true;
}

function tokensOf(resource: Json): ManagedToken[] {
  const outputs = record(resource["outputs"]);
  const host = plain(outputs["host"]) ?? plain(record(resource["inputs"])["host"]);
  const name = (plain(resource["urn"]) ?? "").split("::").at(-1) ?? "";
  // A rotation may have left tokens that the next run deletes.
  const leftovers: unknown[] = Array.isArray(outputs["__leftovers"]) ? outputs["__leftovers"] : [];
  const ids = [resource["id"], ...IDS.map((key) => outputs[key]), ...leftovers].map(plain);
  return [...new Set(ids.map((id) => id?.toLowerCase()))].flatMap((id) =>
    id !== undefined && isId(id) ? [{ id, name, ...(host !== undefined && { host }) }] : [],
  );
}

/** With `--show-secrets` a secret is a record, too: its value is the text of JSON. */
function plain(value: unknown): string | undefined {
  if (!isRecord(value) || !(SECRET_KEY in value)) return typeof value === "string" ? value : undefined;
  const { plaintext } = value;
  return typeof plaintext === "string" ? /^"(.*)"$/.exec(plaintext)?.[1] : undefined;
}

/** The managed tokens of several stacks, to be asked for by id. */
export class ManagedTokens {
  private readonly byId = new Map<string, ManagedToken[]>();

  constructor(private readonly all: readonly ManagedToken[]) {
    for (const token of all) this.byId.set(token.id, [...(this.byId.get(token.id) ?? []), token]);
  }

  /** Names of their resources. */
  get names(): ReadonlySet<string> {
    return new Set(this.all.map(({ name }) => name));
  }

  /**
   * Whether a stack manages the token. Ids are a server's own, and a clone of it has the same ones. A token whose server
   * the state does not tell may be this one.
   */
  has(id: string, host: string): boolean {
    return (this.byId.get(id) ?? []).some((token) => token.host === undefined || token.host === host);
  }

  /** The address at which a stack manages a token with this id: another server, or this one by another name. */
  elsewhere(id: string, host: string): string | undefined {
    return this.has(id, host) ? undefined : this.byId.get(id)?.[0]?.host;
  }
}
