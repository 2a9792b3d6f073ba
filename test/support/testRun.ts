import type { RequestListener } from "node:http";
import type { StoredAuthorization } from "../../emulator";
import type { InfluxTokenState } from "../../provider/token/state";
import { reverseProxyTo } from "./reverseProxy";
import { startServer, type TestServer } from "./influxdb";
import { newProvider, type ProviderHost, type TestProviderOptions } from "./providerHost";
import { Servers } from "./serving";

/** A run of the provider against a server, both of one test only. */
export interface TestRun {
  readonly server: TestServer;
  /** Whatever else a test starts, such as proxies in front of the server: it ends with the test. */
  readonly servers: Servers;
  readonly host: ProviderHost;
  /** What the provider wrote since the test began. */
  readonly warnings: string[];
  readonly debugLines: string[];
  /** Begins the next run: a provider that remembers nothing. */
  begin(options?: TestProviderOptions): void;
  /** Checks and makes a token; a connection of its own reaches the server, where `connection` does not say else. */
  create(connection?: object, more?: object): Promise<{ id: string; outs: InfluxTokenState }>;
  /** Starts a reverse proxy before the server, which answers what `intercept` says yes to. Gives its URL. */
  reverseProxy(intercept?: (...exchange: Parameters<RequestListener>) => boolean): Promise<string>;
  /** The tokens on the server beside the operator's. */
  made(): readonly StoredAuthorization[];
  madeTokens(): string[];
}

/** Sets up a run before each test, and ends it after each. */
export function setUpRun(options: Parameters<typeof startServer>[0] = {}): TestRun {
  let server: TestServer;
  let host: ProviderHost;
  const servers = new Servers();
  const warnings: string[] = [];
  const debugLines: string[] = [];
  const log = {
    warn: (message: string) => void warnings.push(message),
    debug: (message: string) => void debugLines.push(message),
  };
  const run: TestRun = {
    get server() {
      return server;
    },
    get host() {
      return host;
    },
    servers,
    warnings,
    debugLines,
    begin(more) {
      host = newProvider({ log, ...more });
    },
    async create(connection, more = {}) {
      const organization = "org" in more || "orgId" in more ? {} : { orgId: server.orgId };
      const reached = { host: server.url, token: server.operatorToken, ...connection };
      return host.create(
        await host.checked({ ...organization, readTasks: true, connection: reached, ...more }),
      );
    },
    reverseProxy: (intercept) => servers.serve(reverseProxyTo(server.url, intercept)),
    made: () => server.authorizations().slice(1),
    madeTokens: () => run.made().map(({ token }) => token),
  };
  beforeEach(async () => {
    server = await startServer(options);
    warnings.length = debugLines.length = 0;
    run.begin();
  });
  afterEach(async () => {
    await servers.end();
    await server.close();
  });
  return run;
}
