import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

// The library's types want the browser's crypto, which Node's is.
x509.cryptoProvider.set(webcrypto as never);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

/** A certificate and its key, PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** An authority that exists only in this process. */
export interface Authority {
  /** Its own certificate, PEM: who trusts it trusts all that it issues. */
  readonly cert: string;
  /** Issues a certificate for a host name or address; one whose days are below 0 has expired. */
  issue(name: string, days?: number): Promise<Issued>;
}

/** A certificate for a host name or address that nobody but itself vouches for. */
export async function issueToItself(name: string): Promise<Issued> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: `CN=${name}`,
    ...validity(30),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [namedExtension(name)],
  });
  return issued(certificate, keys);
}

async function makeAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const issuer = "CN=test authority";
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: issuer,
    ...validity(30),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  let serial = 1;
  return {
    cert: own.toString("pem"),
    async issue(name, days = 30) {
      const subjectKeys = await newKeys();
      serial += 1;
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, "0"),
        subject: `CN=${name}`,
        issuer,
        ...validity(days),
        signingAlgorithm: ALGORITHM,
        publicKey: subjectKeys.publicKey,
        signingKey: keys.privateKey,
        extensions: [namedExtension(name)],
      });
      return issued(certificate, subjectKeys);
    },
  };
}

function namedExtension(name: string): x509.Extension {
  return new x509.SubjectAlternativeNameExtension([
    { type: /^[\d.]+$/.test(name) ? "ip" : "dns", value: name },
  ]);
}

async function issued(
  certificate: x509.X509Certificate,
  { privateKey }: webcrypto.CryptoKeyPair,
): Promise<Issued> {
  const key = await webcrypto.subtle.exportKey("pkcs8", privateKey);
  return { cert: certificate.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 60 * DAY_MS), notAfter: new Date(now + days * DAY_MS) };
}

/** A certificate authority and a folder for its files, of one suite. */
export interface TestAuthority extends Authority {
  /** The path of the authority's own certificate. */
  readonly caFile: string;
  /** Writes a file, and gives its path. */
  write(name: string, text: string): string;
}

/** Sets up an authority before all tests, and removes its files after them. */
export function setUpAuthority(): TestAuthority {
  let authority: Authority;
  let folder: string;
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  beforeAll(async () => {
    authority = await makeAuthority();
    folder = mkdtempSync(join(tmpdir(), "influx-token-certificates-"));
    write("ca.pem", authority.cert);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    get cert() {
      return authority.cert;
    },
    get caFile() {
      return join(folder, "ca.pem");
    },
    issue: (...given) => authority.issue(...given),
    write,
  };
}
