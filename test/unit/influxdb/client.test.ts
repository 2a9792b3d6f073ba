import { createServer, type RequestListener } from "node:http";
import type { Connection } from "../../../provider/connection/resolve";
import {
  createAuthorization,
  deleteAuthorization,
  readAuthorization,
  updateAuthorization,
} from "../../../provider/influxdb/authorizations";
import { OWN, Servers } from "../../support/serving";
import { connectionTo, newSessions, openSession } from "../../support/session";

const servers = new Servers();

/** A server that answers as it is told, and the connection to it. */
async function serving(listener: RequestListener): Promise<Connection> {
  return connectionTo(await servers.serve(listener));
}

/** InfluxDB, which always answers the same. */
function answering(status: number, body: string): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...OWN }).end(body);
  };
}

/** Something in front of InfluxDB that answers in its place. */
function inPlace(status: number, body: string, type = "application/json"): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": type }).end(body);
  };
}

afterEach(() => servers.end());

const ID = "00000000000000d1";

describe("the client", () => {
  it("is one for each connection, with at most 16 sockets that are kept alive", async () => {
    let sockets = 0;
    const listener = jest.fn((...[, response]: Parameters<RequestListener>) => {
      setTimeout(() => response.end("{}"), 5);
    });
    const server = createServer(listener).on("connection", () => (sockets += 1));
    const connection = connectionTo(`http://127.0.0.1:${await servers.listen(server)}`);
    const sessions = newSessions();
    const session = sessions.for(connection);
    expect(sessions.for({ ...connection, tokenFrom: "elsewhere" })).toBe(session);
    expect(sessions.for({ ...connection, skipVerify: true })).not.toBe(session);
    expect(sessions.for({ ...connection, token: "other" })).not.toBe(session);
    const { client } = session;
    await Promise.all(
      Array.from({ length: 100 }, () => client.request({ method: "GET", path: "/", purpose: "ask" })),
    );
    expect(listener).toHaveBeenCalledTimes(100);
    expect(sockets).toBe(16);
  });

  it("says a connection's warnings once", async () => {
    const said: string[] = [];
    const connection = { ...(await serving(answering(200, "{}"))), warnings: ["look here"] };
    const sessions = newSessions({ warn: (message) => void said.push(message) });
    sessions.for(connection);
    sessions.for(connection);
    expect(said).toEqual(["look here"]);
  });

  it("does not follow a redirect, for that would carry the token elsewhere", async () => {
    const elsewhere = jest.fn();
    const other = await serving((_request, response) => {
      elsewhere();
      response.end("{}");
    });
    const { client } = openSession(
      await serving((_request, response) => {
        response.writeHead(307, { Location: `${other.host}/api/v2/authorizations/${ID}` }).end();
      }),
    );
    await expect(readAuthorization(client, ID)).rejects.toThrow(
      /answered 307: it redirects, and a token is never sent after a redirect/,
    );
    expect(elsewhere).not.toHaveBeenCalled();
  });

  it("takes no proxy's 404 for InfluxDB's", async () => {
    const said = '{"code":"not found","message":"authorization not found"}';
    const { client: gateway } = openSession(await serving(inPlace(404, said)));
    await expect(readAuthorization(gateway, ID)).rejects.toThrow(
      /404 "authorization not found": is this the/,
    );
    await expect(updateAuthorization(gateway, ID, {})).rejects.toThrow(/404/);
    await expect(deleteAuthorization(gateway, ID)).rejects.toThrow(/404/);
    const { client, directory } = openSession(
      await serving(inPlace(404, "<html>not here</html>", "text/html")),
    );
    await expect(readAuthorization(client, ID)).rejects.toThrow(
      /answered 404: a web page answers there, not InfluxDB: does a proxy or another service stand at this/,
    );
    await expect(deleteAuthorization(client, ID)).rejects.toThrow(/404/);
    await expect(directory.bucket(ID)).rejects.toThrow(/404/);
    await expect(directory.resourceTypes()).rejects.toThrow(/404/);
  });

  it.each(["path not found", "bucket not found", "", "organization not found at this address"])(
    "takes InfluxDB's own 404 %j for neither gone nor deleted",
    async (message) => {
      const { client } = openSession(
        await serving(answering(404, JSON.stringify({ code: "not found", message }))),
      );
      await expect(readAuthorization(client, ID)).rejects.toThrow(/answered 404/);
      await expect(updateAuthorization(client, ID, {})).rejects.toThrow(/answered 404/);
      await expect(deleteAuthorization(client, ID)).rejects.toThrow(/answered 404/);
    },
  );

  it("takes no token whose organization or owner was deleted for one that is gone", async () => {
    const saying = async (message: string) =>
      openSession(await serving(answering(404, JSON.stringify({ code: "not found", message })))).client;
    for (const [message, missing] of [
      ["organization not found", "organization"],
      ["user not found", "owner"],
    ] as const) {
      const client = await saying(message);
      expect(await readAuthorization(client, ID)).toEqual({ kind: "orphaned", missing });
      expect(await updateAuthorization(client, ID, {})).toEqual({ kind: "orphaned", missing });
      await expect(deleteAuthorization(client, ID)).rejects.toThrow(/404/);
    }
    const client = await saying("authorization not found");
    expect(await readAuthorization(client, ID)).toEqual({ kind: "gone" });
    expect(await updateAuthorization(client, ID, {})).toEqual({ kind: "gone" });
    expect(await deleteAuthorization(client, ID)).toBe(false);
  });

  it("takes nothing for deleted that InfluxDB did not delete", async () => {
    const { client } = openSession(await serving(inPlace(204, "")));
    await expect(deleteAuthorization(client, ID)).rejects.toThrow(/the answer is not InfluxDB's/);
  });

  it("never blames the token for what something in front of InfluxDB refuses", async () => {
    const { client } = openSession(await serving(inPlace(401, '{"message":"unauthorized"}')));
    await expect(readAuthorization(client, ID)).rejects.toThrow(
      /answered 401 "unauthorized": this is not InfluxDB's answer: something in front of it refuses the request/,
    );
  });

  it("passes on other failures of every look-up", async () => {
    const { directory } = openSession(
      await serving(answering(500, '{"code":"internal error","message":"boom"}')),
    );
    await expect(directory.resourceTypes()).rejects.toThrow(
      /cannot list the server's resource types: .* 500 "boom"$/,
    );
    await expect(directory.callerId()).rejects.toThrow(/cannot tell whose token this is/);
    await expect(directory.bucket(ID)).rejects.toThrow(/cannot look up the bucket/);
  });

  it("says that a busy server should be asked later", async () => {
    const { client } = openSession(await serving(answering(503, '{"code":"unavailable"}')));
    await expect(readAuthorization(client, ID)).rejects.toThrow(
      /answered 503: the server is busy or still starting: try again later$/,
    );
  });

  it("takes an answer that is not InfluxDB's for none, though it be a success", async () => {
    for (const body of ["<html>Sign in</html>", "null", '{"id":7}']) {
      const greeted: RequestListener = (request, response) => {
        (request.url === "/ping" ? answering(204, "") : inPlace(200, body))(request, response);
      };
      const { client } = openSession(await serving(greeted));
      const create = createAuthorization(client, { orgID: ID, permissions: [] });
      await expect(create).rejects.toThrow(
        /^cannot create the token: the answer is not InfluxDB's: .*does a proxy/,
      );
    }
    const { client, directory } = openSession(await serving(answering(200, "{}")));
    for (const asked of [
      directory.resourceTypes(),
      directory.userId("ci"),
      directory.bucket(ID),
      directory.callerId(),
    ]) {
      await expect(asked).rejects.toThrow(/the answer is not InfluxDB's/);
    }
    await expect(deleteAuthorization(client, ID)).rejects.toThrow(/the answer is not InfluxDB's/);
  });

  it("leaves the token out of a message that repeats it", async () => {
    const { client } = openSession(
      await serving(inPlace(400, '{"message":"bad header Token s3cret-t0ken"}')),
    );
    await expect(readAuthorization(client, ID)).rejects.toThrow(/"bad header Token \(redacted\)": is/);
  });

  it("logs an exchange that got no answer, too", async () => {
    const lines: string[] = [];
    const { host } = await serving((request) => {
      request.destroy();
    });
    const sessions = newSessions({ debug: (line) => void lines.push(line) });
    const { client } = sessions.for(connectionTo(host, { httpDebug: true }));
    await expect(readAuthorization(client, ID)).rejects.toThrow(/no answer from http.*: ECONNRESET$/);
    expect(lines).toEqual([`> GET ${host}/api/v2/authorizations/${ID}\n< ECONNRESET`]);
  });

  it("says that a name cannot be resolved", async () => {
    const { client } = openSession(connectionTo("http://nowhere.invalid"));
    await expect(readAuthorization(client, ID)).rejects.toThrow(
      /(ENOTFOUND|EAI_AGAIN): the name cannot be resolved/,
    );
  });
});
