import { createServer } from "node:http";
import * as https from "node:https";
import { issueToItself, setUpAuthority } from "../../support/certificates";
import { newProvider, stateAt } from "../../support/providerHost";
import { OWN, Servers } from "../../support/serving";

const host = newProvider();

const ID = "00000000000000d1";
/** Where everything is fine the server says that there is no such token: `read` gives a blank id. */
const GONE = { id: "" };

const authority = setUpAuthority();
const servers = new Servers();
afterEach(() => servers.end());

/** A server with a certificate of the authority: for the name, and for so many days from now. */
async function secure(name = "127.0.0.1", days = 30, options: https.ServerOptions = {}): Promise<string> {
  const { key, cert } = await authority.issue(name, days);
  const server = https.createServer({ key, cert, ...options }, (_request, response) => {
    response.writeHead(404, { "Content-Type": "application/json", ...OWN });
    response.end('{"code":"not found","message":"authorization not found"}');
  });
  return `https://127.0.0.1:${await servers.listen(server)}`;
}

function read(url: string, connection: object = {}): Promise<{ id: string }> {
  return host.read(ID, stateAt(url, { token: "s3cret", retries: 0, ...connection }));
}

describe("TLS", () => {
  it("trusts the authority of connection.caFile", async () => {
    expect(await read(await secure(), { caFile: authority.caFile })).toEqual(GONE);
  });

  it("accepts any certificate for the connection that says so, and for that one only", async () => {
    const url = await secure();
    expect(await read(url, { skipVerify: true })).toEqual(GONE);
    await expect(read(url)).rejects.toThrow(
      /: the certificate is not signed by an authority that this machine trusts/,
    );
  });

  it("says that a certificate vouches for itself", async () => {
    const { cert, key } = await issueToItself("127.0.0.1");
    const server = https.createServer({ key, cert });
    const url = `https://127.0.0.1:${await servers.listen(server)}`;
    await expect(read(url)).rejects.toThrow(
      /DEPTH_ZERO_SELF_SIGNED_CERT: the certificate is not signed by an authority that this machine trusts: name/,
    );
  });

  it("says that a certificate has expired", async () => {
    await expect(read(await secure("127.0.0.1", -1), { caFile: authority.caFile })).rejects.toThrow(
      /CERT_HAS_EXPIRED: the certificate has expired: renew it on the server/,
    );
  });

  it("says that a certificate is for another name", async () => {
    await expect(read(await secure("influxdb.example.com"), { caFile: authority.caFile })).rejects.toThrow(
      /ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another name/,
    );
  });

  it("shows a client certificate, and says that the server wants one", async () => {
    const url = await secure("127.0.0.1", 30, {
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const { cert, key } = await authority.issue("client");
    const files = {
      caFile: authority.caFile,
      certFile: authority.write("client.pem", cert),
      keyFile: authority.write("client.key", key),
    };
    expect(await read(url, files)).toEqual(GONE);
    await expect(read(url, { caFile: authority.caFile })).rejects.toThrow(
      /the server wants a client certificate: give connection.certFile and connection.keyFile/,
    );
  });

  it("says that the server does not speak it", async () => {
    const port = await servers.listen(createServer((_request, response) => response.end()));
    await expect(read(`https://127.0.0.1:${port}`)).rejects.toThrow(
      /the server does not speak TLS there: should the address from connection.host begin with http:\/\/\?/,
    );
  });

  it("names a file that is missing, or is none of its kind, without showing what is in it", async () => {
    await expect(read("https://127.0.0.1:1", { caFile: "/nowhere" })).rejects.toThrow(
      "cannot read /nowhere, from connection.caFile (ENOENT)",
    );
    const odd = authority.write("odd.txt", "s3cret text");
    const reading = read("https://127.0.0.1:1", { caFile: odd });
    await expect(reading).rejects.toThrow(`${odd}, from connection.caFile, is not a PEM file`);
    await expect(reading).rejects.not.toThrow(/s3cret/);
  });
});
