import { randomBytes } from "node:crypto";
import type { Permission, TokenStatus } from "../provider/types";
import { conflict, invalid, notFound } from "./errors";
import { idSequence } from "./ids";

interface Timestamps {
  /** RFC 3339. */
  createdAt: string;
  /** RFC 3339. */
  updatedAt: string;
}

export interface Organization extends Timestamps {
  readonly id: string;
  name: string;
  description: string;
  /** Of its users, by their ids. Each has one. */
  readonly roles: Map<string, Role>;
}

export type Role = "member" | "owner";

export interface User {
  readonly id: string;
  name: string;
  status: string;
}

export interface Bucket extends Timestamps {
  readonly id: string;
  readonly orgID: string;
  readonly type: "user" | "system";
  name: string;
  description: string;
  /** 0: data is kept for ever. */
  retentionSeconds: number;
  shardGroupSeconds: number;
}

/** An authorization with its token in plain text: whether it is ever shown again is a matter of the answer. */
export interface StoredAuthorization extends Timestamps {
  /** 16 hex digits. */
  readonly id: string;
  /** What a client authenticates with. */
  readonly token: string;
  /** `active` or `inactive`. */
  status: TokenStatus;
  /** Free text, or empty. */
  description: string;
  /** Organization that it belongs to: 16 hex digits. */
  readonly orgID: string;
  /** Owner: 16 hex digits. */
  readonly userID: string;
  /** As they were asked for. */
  readonly permissions: readonly Permission[];
}

type New<T> = Omit<T, "id" | keyof Timestamps>;

const DAY_SECONDS = 86_400;

/** Rows by id, in the order of their making, and by a second key that no two of them share. */
class Table<T extends { readonly id: string }> extends Map<string, T> {
  private readonly byKey = new Map<string, T>();

  constructor(private readonly keyOf: (row: T) => string) {
    super();
  }

  find(key: string): T | undefined {
    return this.byKey.get(key);
  }

  add(row: T): T {
    this.set(row.id, row);
    this.byKey.set(this.keyOf(row), row);
    return row;
  }

  update(row: T, changes: Partial<T>): T {
    this.byKey.delete(this.keyOf(row));
    Object.assign(row, changes);
    this.byKey.set(this.keyOf(row), row);
    return row;
  }

  remove(row: T): void {
    this.byKey.delete(this.keyOf(row));
    this.delete(row.id);
  }
}

/** The organizations, users, buckets and authorizations of one emulator. Each is found by a map. */
export class Store {
  readonly organizations = new Table<Organization>(({ name }) => name.trim());
  readonly users = new Table<User>(({ name }) => name);
  readonly buckets = new Table<Bucket>(bucketKey);
  readonly authorizations = new Table<StoredAuthorization>(({ token }) => token);
  private readonly nextID = idSequence();

  /** @param now its clock: milliseconds since 1970. */
  constructor(private readonly now: () => number) {}

  /** @throws ApiError `not found` */
  organization(id: string): Organization {
    return found(this.organizations.get(id), "organization not found");
  }

  /** @throws ApiError `not found` */
  organizationByName(name: string): Organization {
    return found(this.organizations.find(name.trim()), `organization name "${name}" not found`);
  }

  /** Whoever makes it owns it. @throws ApiError `conflict`, or `invalid` for an empty name */
  createOrganization(fields: Omit<New<Organization>, "roles">, ownerID: string): Organization {
    this.requireFreeOrganizationName(fields.name);
    const roles = new Map<string, Role>([[ownerID, "owner"]]);
    const organization = this.organizations.add({
      id: this.nextID(),
      ...fields,
      roles,
      ...this.createdNow(),
    });
    this.createSystemBucket(organization.id, "_tasks", "System bucket for task logs", 3);
    this.createSystemBucket(organization.id, "_monitoring", "System bucket for monitoring logs", 7);
    return organization;
  }

  /** @throws ApiError `not found`, `conflict` or `invalid` */
  updateOrganization(id: string, changes: { name?: string; description?: string }): Organization {
    const organization = this.organization(id);
    if (changes.name !== undefined && changes.name !== organization.name) {
      this.requireFreeOrganizationName(changes.name);
    }
    return this.organizations.update(organization, { ...changes, updatedAt: this.timestamp() });
  }

  /** Its buckets go with it; its authorizations stay behind, as on the server. @throws ApiError `not found` */
  deleteOrganization(id: string): void {
    const organization = this.organization(id);
    for (const bucket of this.bucketsOf(id)) this.buckets.remove(bucket);
    this.organizations.remove(organization);
  }

  /** @throws ApiError `not found` */
  user(id: string): User {
    return found(this.users.get(id), "user not found");
  }

  /** @throws ApiError `not found` */
  userByName(name: string): User {
    return found(this.users.find(name), "user not found");
  }

  /** @throws ApiError `conflict` */
  createUser(fields: New<User>): User {
    this.requireFreeUserName(fields.name);
    return this.users.add({ id: this.nextID(), ...fields });
  }

  /** @throws ApiError `not found` or `conflict` */
  updateUser(id: string, changes: { name?: string; status?: string }): User {
    const user = this.user(id);
    if (changes.name !== undefined && changes.name !== user.name) this.requireFreeUserName(changes.name);
    return this.users.update(user, changes);
  }

  /** Its authorizations stay behind, and their tokens are refused. @throws ApiError `not found` */
  deleteUser(id: string): void {
    this.users.remove(this.user(id));
    for (const { roles } of this.organizations.values()) roles.delete(id);
  }

  /** @throws ApiError `not found` */
  bucket(id: string): Bucket {
    return found(this.buckets.get(id), "bucket not found");
  }

  /** @throws ApiError `not found` */
  bucketByName(orgID: string, name: string): Bucket {
    return found(this.buckets.find(bucketKey({ orgID, name })), `bucket ${JSON.stringify(name)} not found`);
  }

  /** In the order of names, as the server keeps them. Empty for an unknown organization. */
  bucketsOf(orgID: string): Bucket[] {
    return [...this.buckets.values()]
      .filter((bucket) => bucket.orgID === orgID)
      .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  /** @throws ApiError `not found` for an unknown organization, `conflict`, or `invalid` for a bad name */
  createBucket(fields: New<Bucket>): Bucket {
    if (fields.type === "user") requireBucketName(fields.name);
    this.organization(fields.orgID);
    if (this.buckets.find(bucketKey(fields)) !== undefined) {
      throw conflict(`bucket with name ${fields.name} already exists`);
    }
    return this.buckets.add({ id: this.nextID(), ...fields, ...this.createdNow() });
  }

  /** @throws ApiError `not found`, `conflict`, or `invalid` for a bad name or the name of a system bucket */
  updateBucket(id: string, changes: Partial<New<Bucket>>): Bucket {
    const bucket = this.bucket(id);
    if (changes.name !== undefined && changes.name !== bucket.name) {
      if (bucket.type === "system") throw invalid("system buckets cannot be renamed");
      requireBucketName(changes.name);
      const renamed = bucketKey({ orgID: bucket.orgID, name: changes.name });
      if (this.buckets.find(renamed) !== undefined) throw conflict("bucket name is not unique");
    }
    return this.buckets.update(bucket, { ...changes, updatedAt: this.timestamp() });
  }

  /** @throws ApiError `not found`, or `invalid` for a system bucket */
  deleteBucket(id: string): void {
    const bucket = this.bucket(id);
    if (bucket.type === "system") throw invalid("system buckets cannot be deleted");
    this.buckets.remove(bucket);
  }

  /** @throws ApiError `not found` */
  authorization(id: string): StoredAuthorization {
    return found(this.authorizations.get(id), "authorization not found");
  }

  authorizationByToken(token: string): StoredAuthorization | undefined {
    return this.authorizations.find(token);
  }

  /** Without a token it makes one, of the server's shape: 64 random bytes in URL-safe Base64. */
  createAuthorization(
    fields: Omit<New<StoredAuthorization>, "token"> & { token?: string },
  ): StoredAuthorization {
    const token =
      fields.token ?? randomBytes(64).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    return this.authorizations.add({ id: this.nextID(), ...fields, token, ...this.createdNow() });
  }

  /** @throws ApiError `not found` */
  updateAuthorization(
    id: string,
    changes: { status?: TokenStatus; description?: string },
  ): StoredAuthorization {
    return this.authorizations.update(this.authorization(id), { ...changes, updatedAt: this.timestamp() });
  }

  /** @throws ApiError `not found` */
  deleteAuthorization(id: string): void {
    this.authorizations.remove(this.authorization(id));
  }

  private createSystemBucket(orgID: string, name: string, description: string, retentionDays: number): void {
    this.createBucket({
      orgID,
      type: "system",
      name,
      description,
      retentionSeconds: retentionDays * DAY_SECONDS,
      shardGroupSeconds: DAY_SECONDS,
    });
  }

  private createdNow(): Timestamps {
    const createdAt = this.timestamp();
    return { createdAt, updatedAt: createdAt };
  }

  private timestamp(): string {
    return new Date(this.now()).toISOString();
  }

  private requireFreeUserName(name: string): void {
    if (this.users.find(name) !== undefined) throw conflict(`user with name ${name} already exists`);
  }

  private requireFreeOrganizationName(name: string): void {
    if (name.trim() === "") throw invalid("org name is empty");
    if (this.organizations.find(name.trim()) !== undefined) {
      throw conflict(`organization with name ${name} already exists`);
    }
  }
}

function found<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw notFound(otherwise);
  return value;
}

/** Names of buckets are those of an organization. */
function bucketKey({ orgID, name }: Pick<Bucket, "orgID" | "name">): string {
  return `${orgID}/${name}`;
}

function requireBucketName(name: string): void {
  if (name.startsWith("_")) {
    throw invalid(`bucket name ${name} is invalid. Buckets may not start with underscore`);
  }
  if (name.includes('"')) {
    throw invalid(`bucket name ${name} is invalid. Bucket names may not include quotation marks`);
  }
}
