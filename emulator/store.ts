import { randomBytes } from "node:crypto";
import type { Permission, TokenStatus } from "../provider/types";
import { conflict, invalid, notFound } from "./errors";
import { idSequence } from "./ids";
import { Memberships } from "./memberships";

interface Timestamps {
  createdAt: string;
  updatedAt: string;
}

export interface Organization extends Timestamps {
  readonly id: string;
  name: string;
  description: string;
}

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
  readonly id: string;
  readonly token: string;
  status: TokenStatus;
  description: string;
  readonly orgID: string;
  readonly userID: string;
  readonly permissions: readonly Permission[];
}

type New<T> = Omit<T, "id" | keyof Timestamps>;

const DAY_SECONDS = 86_400;

/** The organizations, users, buckets and authorizations of one emulator. Everything is found by map. */
export class Store {
  readonly organizations = new Map<string, Organization>();
  readonly users = new Map<string, User>();
  readonly buckets = new Map<string, Bucket>();
  readonly authorizations = new Map<string, StoredAuthorization>();
  readonly memberships = new Memberships();
  private readonly organizationsByName = new Map<string, Organization>();
  private readonly usersByName = new Map<string, User>();
  private readonly bucketsByOrganization = new Map<string, Map<string, Bucket>>();
  private readonly authorizationsByToken = new Map<string, StoredAuthorization>();
  private readonly nextID = idSequence();

  /** @throws ApiError `not found` */
  organization(id: string): Organization {
    return found(this.organizations.get(id), "organization not found");
  }

  /** @throws ApiError `not found` */
  organizationByName(name: string): Organization {
    return found(this.organizationsByName.get(name.trim()), `organization name "${name}" not found`);
  }

  /** Whoever makes it owns it. @throws ApiError `conflict`, or `invalid` for an empty name */
  createOrganization(fields: New<Organization>, ownerID: string): Organization {
    this.requireFreeOrganizationName(fields.name);
    const organization = { id: this.nextID(), ...fields, ...createdNow() };
    this.organizations.set(organization.id, organization);
    this.organizationsByName.set(organization.name.trim(), organization);
    this.bucketsByOrganization.set(organization.id, new Map());
    this.createSystemBucket(organization.id, "_tasks", "System bucket for task logs", 3);
    this.createSystemBucket(organization.id, "_monitoring", "System bucket for monitoring logs", 7);
    this.memberships.add(organization.id, ownerID, "owner");
    return organization;
  }

  /** @throws ApiError `not found`, `conflict` or `invalid` */
  updateOrganization(id: string, changes: { name?: string; description?: string }): Organization {
    const organization = this.organization(id);
    if (changes.name !== undefined && changes.name !== organization.name) {
      this.requireFreeOrganizationName(changes.name);
      this.organizationsByName.delete(organization.name.trim());
      this.organizationsByName.set(changes.name.trim(), organization);
    }
    return Object.assign(organization, changes, { updatedAt: now() });
  }

  /** Its buckets go with it; its authorizations stay behind, as on the server. @throws ApiError `not found` */
  deleteOrganization(id: string): void {
    const organization = this.organization(id);
    for (const bucket of this.bucketsOf(id)) this.buckets.delete(bucket.id);
    this.bucketsByOrganization.delete(id);
    this.organizationsByName.delete(organization.name.trim());
    this.organizations.delete(id);
  }

  /** @throws ApiError `not found` */
  user(id: string): User {
    return found(this.users.get(id), "user not found");
  }

  /** @throws ApiError `not found` */
  userByName(name: string): User {
    return found(this.usersByName.get(name), "user not found");
  }

  /** @throws ApiError `conflict` */
  createUser(fields: New<User>): User {
    this.requireFreeUserName(fields.name);
    const user = { id: this.nextID(), ...fields };
    this.users.set(user.id, user);
    this.usersByName.set(user.name, user);
    return user;
  }

  /** @throws ApiError `not found` or `conflict` */
  updateUser(id: string, changes: { name?: string; status?: string }): User {
    const user = this.user(id);
    if (changes.name !== undefined && changes.name !== user.name) {
      this.requireFreeUserName(changes.name);
      this.usersByName.delete(user.name);
      this.usersByName.set(changes.name, user);
    }
    return Object.assign(user, changes);
  }

  /** Its authorizations stay behind, and their tokens are refused. @throws ApiError `not found` */
  deleteUser(id: string): void {
    const user = this.user(id);
    this.memberships.removeUser(id);
    this.usersByName.delete(user.name);
    this.users.delete(id);
  }

  /** @throws ApiError `not found` */
  bucket(id: string): Bucket {
    return found(this.buckets.get(id), "bucket not found");
  }

  /** @throws ApiError `not found` */
  bucketByName(orgID: string, name: string): Bucket {
    return found(
      this.bucketsByOrganization.get(orgID)?.get(name),
      `bucket ${JSON.stringify(name)} not found`,
    );
  }

  /** In the order of names, as the server keeps them. Empty for an unknown organization. */
  bucketsOf(orgID: string): Bucket[] {
    const buckets = [...(this.bucketsByOrganization.get(orgID)?.values() ?? [])];
    return buckets.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  /** @throws ApiError `not found` for an unknown organization, `conflict`, or `invalid` for a bad name */
  createBucket(fields: New<Bucket>): Bucket {
    if (fields.type === "user") requireBucketName(fields.name);
    this.organization(fields.orgID);
    const siblings = this.bucketsByOrganization.get(fields.orgID);
    if (siblings?.has(fields.name) === true) {
      throw conflict(`bucket with name ${fields.name} already exists`);
    }
    const bucket = { id: this.nextID(), ...fields, ...createdNow() };
    this.buckets.set(bucket.id, bucket);
    siblings?.set(bucket.name, bucket);
    return bucket;
  }

  /** @throws ApiError `not found`, `conflict`, or `invalid` for a bad name or the name of a system bucket */
  updateBucket(id: string, changes: Partial<New<Bucket>>): Bucket {
    const bucket = this.bucket(id);
    if (changes.name !== undefined && changes.name !== bucket.name) {
      if (bucket.type === "system") throw invalid("system buckets cannot be renamed");
      requireBucketName(changes.name);
      const siblings = this.bucketsByOrganization.get(bucket.orgID);
      if (siblings?.has(changes.name) === true) throw conflict("bucket name is not unique");
      siblings?.delete(bucket.name);
      siblings?.set(changes.name, bucket);
    }
    return Object.assign(bucket, changes, { updatedAt: now() });
  }

  /** @throws ApiError `not found`, or `invalid` for a system bucket */
  deleteBucket(id: string): void {
    const bucket = this.bucket(id);
    if (bucket.type === "system") throw invalid("system buckets cannot be deleted");
    this.bucketsByOrganization.get(bucket.orgID)?.delete(bucket.name);
    this.buckets.delete(id);
  }

  /** @throws ApiError `not found` */
  authorization(id: string): StoredAuthorization {
    return found(this.authorizations.get(id), "authorization not found");
  }

  authorizationByToken(token: string): StoredAuthorization | undefined {
    return this.authorizationsByToken.get(token);
  }

  /** Without a token it makes one, of the server's shape: 64 random bytes in URL-safe Base64. */
  createAuthorization(
    fields: Omit<New<StoredAuthorization>, "token"> & { token?: string },
  ): StoredAuthorization {
    const token =
      fields.token ?? randomBytes(64).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
    const authorization = { id: this.nextID(), ...fields, token, ...createdNow() };
    this.authorizations.set(authorization.id, authorization);
    this.authorizationsByToken.set(token, authorization);
    return authorization;
  }

  /** @throws ApiError `not found` */
  updateAuthorization(
    id: string,
    changes: { status?: TokenStatus; description?: string },
  ): StoredAuthorization {
    return Object.assign(this.authorization(id), changes, { updatedAt: now() });
  }

  /** @throws ApiError `not found` */
  deleteAuthorization(id: string): void {
    this.authorizationsByToken.delete(this.authorization(id).token);
    this.authorizations.delete(id);
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

  private requireFreeUserName(name: string): void {
    if (this.usersByName.has(name)) throw conflict(`user with name ${name} already exists`);
  }

  private requireFreeOrganizationName(name: string): void {
    if (name.trim() === "") throw invalid("org name is empty");
    if (this.organizationsByName.has(name.trim())) {
      throw conflict(`organization with name ${name} already exists`);
    }
  }
}

function found<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw notFound(otherwise);
  return value;
}

function requireBucketName(name: string): void {
  if (name.startsWith("_")) {
    throw invalid(`bucket name ${name} is invalid. Buckets may not start with underscore`);
  }
  if (name.includes('"')) {
    throw invalid(`bucket name ${name} is invalid. Bucket names may not include quotation marks`);
  }
}

const now = (): string => new Date().toISOString();

function createdNow(): Timestamps {
  const createdAt = now();
  return { createdAt, updatedAt: createdAt };
}
