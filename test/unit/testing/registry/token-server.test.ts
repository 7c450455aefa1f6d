import { X509Certificate, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type TokenServer,
  type TokenServerOptions,
  certificatePem,
  selfSignedCertificate,
  startTokenServer,
} from "../../../../testing/registry/index.ts";
import { basic, fieldsOf } from "./support.ts";

const USERS = { robot: "pass", reader: { password: "r", push: [] } };
const NOW = Date.UTC(2030, 0, 1);
const SCOPE = "repository:team/app:pull,push";

async function tokenOf(server: TokenServer, authorization: string): Promise<string> {
  const query = new URLSearchParams({ service: server.service, scope: SCOPE }).toString();
  const answer = await fetch(`${server.realm}?${query}`, {
    headers: { Authorization: authorization },
  });
  return String((await fieldsOf(answer))["token"]);
}

function start(options: Partial<TokenServerOptions> = {}): Promise<TokenServer> {
  return startTokenServer({ users: USERS, now: () => NOW, ...options });
}

function decode(part: string | undefined): Readonly<Record<string, unknown>> {
  const document: unknown = JSON.parse(Buffer.from(part ?? "", "base64url").toString());
  return Object.fromEntries(Object.entries(document ?? {}));
}

describe("startTokenServer", () => {
  it("signs with the key of its certificate", async () => {
    await using server = await start();
    const certificate = new X509Certificate(server.certificate);
    const token = await tokenOf(server, basic("robot", "pass"));
    const [header, claims, signature = ""] = token.split(".");
    expect(decode(header)).toEqual({
      typ: "JWT",
      alg: "ES256",
      x5c: [certificate.raw.toString("base64")],
    });
    const key = { key: certificate.publicKey, dsaEncoding: "ieee-p1363" } as const;
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify("sha256", signed, key, Buffer.from(signature, "base64url"))).toBe(true);
  });

  it("claims the permissions of the user, for the registry, with an expiry", async () => {
    await using server = await start({ service: "r", issuer: "i", honouredFor: 10 });
    const token = await tokenOf(server, basic("reader", "r"));
    expect(decode(token.split(".")[1])).toMatchObject({
      iss: "i",
      aud: "r",
      sub: "reader",
      iat: NOW / 1000,
      exp: NOW / 1000 + 10,
      access: [{ type: "repository", name: "team/app", actions: ["pull"] }],
    });
    expect(server.requests).toMatchObject([{ target: "token", user: "reader", scopes: [SCOPE] }]);
  });

  it("honours identity tokens of its users, and faults", async () => {
    await using server = await start();
    const body = new URLSearchParams({
      grant_type: "refresh_token",
      service: server.service,
      client_id: "tests",
      refresh_token: server.issueIdentityToken("robot"),
    });
    expect((await fetch(server.realm, { method: "POST", body })).status).toBe(200);
    expect(() => server.issueIdentityToken("stranger")).toThrow(/no user stranger/);
    server.fault({ fault: { kind: "status", status: 503 }, target: "token" });
    expect((await fetch(server.realm, { method: "POST", body })).status).toBe(503);
  });
});

describe("selfSignedCertificate", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

  function certify(now: number, names?: readonly string[]): X509Certificate {
    const options = { privateKey, commonName: "Größe", now };
    const certificate = selfSignedCertificate(
      names === undefined ? options : { ...options, names },
    );
    return new X509Certificate(certificatePem(certificate));
  }

  it("is its own authority", () => {
    const certificate = certify(NOW);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.checkPrivateKey(privateKey)).toBe(true);
    expect(certificate.ca).toBe(true);
    expect(certificate.subject).toContain("Größe");
  });

  it.each([NOW, Date.UTC(2049, 5, 1), Date.UTC(2051, 5, 1)])(
    "is valid from an hour before %d until a year after",
    (now) => {
      const certificate = certify(now);
      expect(certificate.validFromDate.getTime()).toBe(now - 3_600_000);
      expect(certificate.validToDate.getTime()).toBe(now + 365 * 86_400_000);
    },
  );

  it("is valid for its names", () => {
    const names = ["registry.test", "127.0.0.1", `${"a".repeat(60)}.${"b".repeat(60)}.test`];
    const certificate = certify(NOW, names);
    expect(certificate.checkHost("registry.test")).toBe("registry.test");
    expect(certificate.checkHost(names[2] ?? "")).toBe(names[2]);
    expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(certificate.checkHost("other.test")).toBeUndefined();
    expect(certify(NOW).subjectAltName).toBeUndefined();
  });
});
