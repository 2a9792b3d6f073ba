import { quoted } from "../text";
import type { Authorization, NewAuthorization, Permission } from "../types";

/** Writes a permission, for comparing. */
export type Format = (permission: Permission) => string;

/** The token that was asked for, to be compared with what a server answers. */
export class RequestedToken {
  /** Who may do what: the same for tokens that differ in nothing but their description. */
  readonly rights: string;
  readonly description: string;
  private readonly permissions: ReadonlySet<string>;

  constructor(
    readonly body: NewAuthorization,
    private readonly format: Format,
  ) {
    this.description = body.description ?? "";
    this.permissions = new Set(body.permissions.map(format));
    this.rights = this.rightsOf(body);
  }

  hasRightsOf(made: Authorization): boolean {
    const { userID = made.userID } = this.body;
    return userID === made.userID && this.rightsOf(made) === this.rights;
  }

  isExactly(made: Authorization): boolean {
    return made.description === this.description && this.hasRightsOf(made);
  }

  /** Whether the description differs in what cannot be seen only. */
  isTrimmedIn({ description }: Authorization): boolean {
    return visible(this.description) === visible(description);
  }

  /** Whether a front may have made it of what was asked for: by changing the description, or dropping or adding rights. */
  mayBecome(made: Authorization): boolean {
    const { orgID, userID = made.userID, status = "active" } = this.body;
    if (orgID !== made.orgID || userID !== made.userID || status !== made.status) return false;
    const granted = new Set(made.permissions.map(this.format));
    const [fewer, more] =
      granted.size < this.permissions.size ? [granted, this.permissions] : [this.permissions, granted];
    return [...fewer].every((one) => more.has(one)) && this.mayBeDescribed(made.description);
  }

  private mayBeDescribed(description: string): boolean {
    const [asked, made] = [letters(this.description), letters(description)];
    return asked.includes(made) || (asked !== "" && made.includes(asked));
  }

  /** How a token differs, to be read after "the server made the token". */
  differenceOf(made: Authorization): string {
    const { orgID, userID = made.userID, status = "active" } = this.body;
    const granted = new Set(made.permissions.map(this.format));
    const more = [...granted].filter((one) => !this.permissions.has(one));
    const fewer = [...this.permissions].filter((one) => !granted.has(one));
    return [
      ...different("the description", this.description, made.description),
      ...different("the organization", orgID, made.orgID),
      ...different("the owner", userID, made.userID),
      ...different("the status", status, made.status),
      ...(more.length > 0 ? [`with ${some(more)}, which was not asked for`] : []),
      ...(fewer.length > 0 ? [`without ${some(fewer)}`] : []),
    ].join(", ");
  }

  private rightsOf({ orgID, status = "active", permissions }: NewAuthorization | Authorization): string {
    return JSON.stringify([orgID, status, [...new Set(permissions.map(this.format))].sort()]);
  }
}

function visible(text: string): string {
  return text.normalize("NFKC").replace(/\s+/gu, " ").trim();
}

function letters(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

function different(what: string, asked: string, made: string): string[] {
  return asked === made ? [] : [`with ${what} ${quoted(made)} in place of ${quoted(asked)}`];
}

/** As many as can be read. */
function some(texts: readonly string[]): string {
  const [first, second, third, ...more] = texts;
  const shown = [first, second, third].filter((text) => text !== undefined).join(", ");
  return more.length > 0 ? `${shown} and ${more.length} more` : shown;
}
