import { ConnectToGuard } from "./connection/connectTo";
import { readPem } from "./connection/files";
import { findMakingToken } from "./connection/makingToken";
import { resolveOrganization } from "./connection/organization";
import { readProfile } from "./connection/profiles";
import { connectionProblem, resolveConnection } from "./connection/resolve";
import { resolveHost } from "./connection/resolveHost";
import {
  fromProfileIfReadable,
  NotKnownYetError,
  type Sources,
  wantsPreflight,
  withProfileReadOnce,
} from "./connection/sources";
import { ConnectionError } from "./errors";
import { type Session, Sessions } from "./influxdb/session";
import type { Runtime } from "./runtime";
import type { CheckContext, Failure, InfluxTokenInputs } from "./token/inputs";
import { rotationSwitchProblem } from "./token/rotateAfter";
import { isUnknown, UNKNOWN } from "./token/unknown";
import type { ConnectionInputs, Organization } from "./types";

/** Gives a key of the stack's config, such as `influx-token:host`. */
export type StackConfig = (key: string) => string | undefined;

/**
 * How a run reaches its servers: from the inputs and states of tokens to the sessions of the connections that they
 * resolve to. Each question is answered once, for a thousand tokens ask the same, and each answer may read files.
 */
export class Connections implements CheckContext {
  private readonly sessions: Sessions;
  private readonly guard = new ConnectToGuard();
  private readonly answers = new Map<string, unknown>();

  constructor(
    private readonly runtime: Runtime,
    private readonly config: StackConfig,
    /** Of all tokens of the run, where their own connection gives no other. */
    private readonly ofRun: ConnectionInputs = {},
  ) {
    this.sessions = new Sessions(runtime);
  }

  /**
   * The session for a token that exists.
   *
   * @param recorded the server that has the token.
   */
  sessionFor(connection: ConnectionInputs | undefined, recorded: string | undefined): Session {
    return this.once(["session", connection, recorded], () => {
      const resolved = resolveConnection(this.sourcesFor(connection), recorded);
      this.guard.check(resolved);
      return this.sessions.for(resolved);
    });
  }

  /** The session for a new token. Where `check` named another server than a new token has, it replaces one there. */
  sessionForNew({ connection, host }: InfluxTokenInputs): Session {
    const isOwn = this.host(connection ?? {}, undefined) === host;
    return this.sessionFor(connection, isOwn ? undefined : host);
  }

  /** A session of a token that is to be tried, and of no other where that one is refused. */
  sessionOfToken(token: string, tokenFrom: string, { connection, host }: InfluxTokenInputs): Session {
    const resolved = resolveConnection(this.sourcesFor({ ...connection, token }), host);
    this.guard.check(resolved);
    const alone = Object.entries(resolved).filter(([name]) => name !== "fallback");
    return this.sessions.for({
      ...(Object.fromEntries(alone) as unknown as typeof resolved),
      token,
      tokenFrom,
      warnings: [],
    });
  }

  /**
   * Where the token was found, if it is the one that requests are made with; `undefined` for any other one, and where
   * that is not known. Reads no certificate and needs no token, for it is asked by previews.
   */
  sourceIfUsed(
    token: string,
    connection: ConnectionInputs | typeof UNKNOWN | undefined,
    recorded: string,
  ): string | undefined {
    if (isUnknown(connection)) return undefined;
    // A stale one may have been replaced by now.
    const session = this.answers.get(keyOf(["session", connection, recorded])) as Session | undefined;
    if (session !== undefined) return session.client.uses(token) ? session.client.tokenFrom : undefined;
    const found = this.once(["token", connection, recorded], () =>
      orFailure(undefined, () => {
        const sources = withProfileReadOnce(this.sourcesFor(connection));
        return findMakingToken(sources, resolveHost(sources, recorded), fromProfileIfReadable);
      }),
    );
    return found !== undefined && "value" in found && found.value === token ? found.from : undefined;
  }

  host(connection: ConnectionInputs, recorded: string | undefined): string | Failure {
    return this.once(
      ["host", connection, recorded],
      () =>
        connectionProblem(this.sourcesFor(connection), recorded) ??
        orFailure<string>(UNKNOWN, () => resolveHost(this.sourcesFor(connection), recorded).host),
    );
  }

  organization(
    connection: ConnectionInputs,
    recorded: Organization | undefined,
  ): Organization | Failure | undefined {
    return this.once(["organization", connection, recorded], () =>
      orFailure<Organization | undefined>({ org: UNKNOWN }, () =>
        resolveOrganization(this.sourcesFor(connection), recorded),
      ),
    );
  }

  /** Whether previews ask the server. */
  wantsPreflight(): boolean | Failure {
    return this.once(["preflight"], () =>
      orFailure<boolean>(false, () => wantsPreflight({ env: this.runtime.env, config: this.config })),
    );
  }

  rotateAfter(): string | undefined {
    return this.config("influx-token:rotateAfter");
  }

  rotationProblem(): string | undefined {
    return rotationSwitchProblem(this.runtime.env);
  }

  private sourcesFor(connection: ConnectionInputs = {}): Sources {
    const settings = Object.entries({ ...this.ofRun, ...connection });
    return {
      stored: Object.fromEntries(settings.filter(([, value]) => !isUnknown(value))),
      open: new Set(settings.flatMap(([name, value]) => (isUnknown(value) ? [name] : []))),
      config: this.config,
      env: this.runtime.env,
      readProfile: (request) => readProfile(request),
      readPem,
    };
  }

  private once<T>(question: unknown[], answer: () => T): T {
    const key = keyOf(question);
    if (!this.answers.has(key)) this.answers.set(key, answer());
    return this.answers.get(key) as T;
  }
}

function keyOf(question: unknown[]): string {
  return JSON.stringify(question);
}

/** What cannot be resolved is a failure of the input that is to be mended, or not known yet. */
function orFailure<T>(unknown: T, resolve: () => T): T | Failure {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof NotKnownYetError) return unknown;
    if (error instanceof ConnectionError) return { property: error.property, reason: error.message };
    throw error;
  }
}
