/** What a provider takes from its process. Tests give their own. */
export interface Runtime {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This machine's clock: milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** Where a provider writes what the user is to read. No message holds a secret. */
export interface Log {
  /** What the user should know, though nothing failed. */
  readonly warn: (message: string) => void;
  /** Exchanges with the server, where `connection.httpDebug` asks for them. */
  readonly debug: (message: string) => void;
}
