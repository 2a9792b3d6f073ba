import { ApiError } from "./errors";

export type Role = "member" | "owner";

/** Who belongs to which organization. A user has one role in each, as on the server. */
export class Memberships {
  private readonly rolesByOrganization = new Map<string, Map<string, Role>>();

  /** @throws ApiError `internal error` for a user with a role there, be it another one: so does the server */
  add(orgID: string, userID: string, role: Role): void {
    const roles = this.rolesByOrganization.get(orgID) ?? new Map<string, Role>();
    if (roles.has(userID)) {
      const problem = `mapping for user ${userID} already exists`;
      throw new ApiError("internal error", `Unexpected error when assigning user to a resource: ${problem}`);
    }
    this.rolesByOrganization.set(orgID, roles.set(userID, role));
  }

  has(orgID: string, userID: string): boolean {
    return this.rolesByOrganization.get(orgID)?.has(userID) === true;
  }

  remove(orgID: string, userID: string): void {
    this.rolesByOrganization.get(orgID)?.delete(userID);
  }

  /** Ids of the users with this role, in the order of ids. */
  usersOf(orgID: string, role: Role): string[] {
    const roles = [...(this.rolesByOrganization.get(orgID) ?? [])];
    return roles
      .filter(([, held]) => held === role)
      .map(([userID]) => userID)
      .sort();
  }

  removeUser(userID: string): void {
    for (const roles of this.rolesByOrganization.values()) roles.delete(userID);
  }
}
