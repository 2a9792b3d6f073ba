import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import { PassThrough } from "node:stream";
import { TLSSocket } from "node:tls";
import { Attempts, OpenSockets } from "../../../provider/influxdb/openSockets";

describe("a socket", () => {
  const sockets = new OpenSockets();

  it("has carried nothing before it is open, and counts as open for ever after", () => {
    const socket = new Socket();
    sockets.watch(socket);
    expect(sockets.mayHaveBeenOpen(socket)).toBe(false);
    socket.emit("connect");
    expect(sockets.mayHaveBeenOpen(socket)).toBe(true);
    socket.destroy();
    expect(sockets.mayHaveBeenOpen(socket)).toBe(true);
  });

  it("with TLS is open after the handshake", () => {
    const socket = new TLSSocket(new PassThrough());
    sockets.watch(socket);
    socket.emit("connect");
    expect(sockets.mayHaveBeenOpen(socket)).toBe(false);
    socket.emit("secureConnect");
    expect(sockets.mayHaveBeenOpen(socket)).toBe(true);
  });

  it("counts as open where nobody watched it from its beginning", () => {
    expect(sockets.mayHaveBeenOpen(new Socket())).toBe(true);
  });
});

describe("a request and its retries", () => {
  let server: Server;
  let port: number;
  let requests: number;
  beforeEach(async () => {
    requests = 0;
    server = createServer((_request, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    server.close();
  });

  /** Sends one attempt, and gives what became of it. */
  function send(attempts: Attempts, sockets: OpenSockets, to: number, protocol = "http:"): Promise<string> {
    return new Promise((resolve) => {
      const createConnection = (): Socket => {
        const socket = connect(to, "127.0.0.1");
        sockets.watch(socket);
        return socket;
      };
      const options = protocol === "http:" ? { createConnection } : {};
      attempts
        .request({ host: "127.0.0.1", port: to, protocol, ...options }, (response) => {
          response.resume().on("end", () => {
            resolve(String(response.statusCode));
          });
        })
        .on("error", ({ message }) => {
          resolve(message);
        })
        .end();
    });
  }

  it("may have arrived where the last attempt's connection was open, whatever became of those before", async () => {
    const sockets = new OpenSockets();
    const attempts = new Attempts(sockets);
    expect(attempts.mayHaveArrived).toBe(false);
    expect(await send(attempts, sockets, 1)).toContain("ECONNREFUSED");
    expect(attempts.mayHaveArrived).toBe(false);
    expect(await send(attempts, sockets, port)).toBe("200");
    expect(attempts.mayHaveArrived).toBe(true);
    const again = send(attempts, sockets, 1);
    expect(attempts.mayHaveArrived).toBe(false);
    expect(await again).toContain("ECONNREFUSED");
    expect(attempts.mayHaveArrived).toBe(false);
  });

  it("goes by TLS where the address says so", async () => {
    const sockets = new OpenSockets();
    expect(await send(new Attempts(sockets), sockets, port, "https:")).not.toBe("200");
    expect(requests).toBe(0);
  });
});
