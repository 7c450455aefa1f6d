import { type KeyObject, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { invalidArgument, type JsonObject } from "../../src/errors.ts";
import { type RegistryUsers, directory } from "./access.ts";
import { certificatePem, selfSignedCertificate } from "./certificate.ts";
import { type FaultHandle, addFault } from "../server/fault-board.ts";
import type { FaultRule } from "./faults.ts";
import type { RegistryRequest } from "./request-log.ts";
import { TOKEN_PATH } from "./routes.ts";
import { startServing } from "./serve.ts";
import { type TokenEndpoint, type TokenGrant, issueIdentityToken } from "./token-endpoint.ts";

export interface TokenServerOptions {
  readonly users: RegistryUsers;
  /** Repositories that an anonymous token can pull. Default: none. */
  readonly anonymousPull?: readonly string[];
  /** Name of the registry. Default `test-registry`. */
  readonly service?: string;
  /** Default `test-token-server`. */
  readonly issuer?: string;
  /** Lifetime in seconds that is announced for a token. Default 300. */
  readonly expiresIn?: number;
  /**
   * Seconds until the expiry time in the token; may be negative. Default: as announced. The distribution project's
   * registry accepts a token for another minute.
   */
  readonly honouredFor?: number;
  /** Default 0: any free port. */
  readonly port?: number;
  /** A loopback address. Default 127.0.0.1. */
  readonly address?: string;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
}

/** A running token server, with the settings that a registry's `auth.token` section needs to trust it. */
export interface TokenServer extends AsyncDisposable {
  /** Value for `auth.token.realm`. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** Content of the file in `auth.token.rootcertbundle`, PEM. */
  readonly certificate: string;
  /** Every request so far. */
  readonly requests: readonly RegistryRequest[];
  fault(rule: FaultRule): FaultHandle;
  issueIdentityToken(user: string): string;
  close(): Promise<void>;
}

/** Signs the claims of an access token. */
interface TokenSigner {
  readonly certificate: Uint8Array;
  sign(claims: JsonObject): string;
}

/**
 * Starts a token server to which a real registry with `auth.token` refers its clients. Its tokens are JSON Web Tokens
 * signed with ES256 by a newly generated key, with the certificate in the `x5c` header (distribution's "Token
 * Authentication Implementation"). It writes no file: the caller stores the certificate for the registry.
 *
 * @throws SlipwayError `PORT_UNAVAILABLE`
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { now = () => Date.now(), expiresIn = 300 } = options;
  const service = options.service ?? "test-registry";
  const issuer = options.issuer ?? "test-token-server";
  const signer = createSigner(issuer, now());
  const endpoint: TokenEndpoint = {
    directory: directory(options.users, options.anonymousPull),
    service,
    expiresIn,
    identityTokens: new Map(),
    now,
    issue: (grant) =>
      signer.sign(
        claimsOf(grant, {
          issuer,
          service,
          now: now(),
          lifetime: options.honouredFor ?? expiresIn,
        }),
      ),
  };
  const { registry, close } = await startServing(options, {
    kind: "token",
    hidden: false,
    endpoint,
    realm: null,
    accessTokens: new Map(),
  });
  return {
    realm: `http://${registry.host}${TOKEN_PATH}`,
    service,
    issuer,
    certificate: certificatePem(signer.certificate),
    requests: registry.requests,
    fault: (rule) => addFault(registry.faults, rule),
    issueIdentityToken(user) {
      if (endpoint.directory.users.has(user)) return issueIdentityToken(endpoint, user);
      throw invalidArgument("INVALID_INPUT", `the token server has no user ${user}`);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function createSigner(commonName: string, now: number): TokenSigner {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = selfSignedCertificate({ privateKey, commonName, now });
  const header = encode({
    typ: "JWT",
    alg: "ES256",
    x5c: [Buffer.from(certificate).toString("base64")],
  });
  return {
    certificate,
    sign(claims) {
      const payload = `${header}.${encode(claims)}`;
      return `${payload}.${signature(payload, privateKey)}`;
    },
  };
}

/** ES256 needs the two numbers concatenated, not the DER that is the default elsewhere (RFC 7518, 3.4). */
function signature(payload: string, key: KeyObject): string {
  const bytes = sign("sha256", Buffer.from(payload), { key, dsaEncoding: "ieee-p1363" });
  return bytes.toString("base64url");
}

function encode(document: JsonObject): string {
  return Buffer.from(JSON.stringify(document)).toString("base64url");
}

function claimsOf(
  grant: TokenGrant,
  about: {
    readonly issuer: string;
    readonly service: string;
    readonly now: number;
    /** Seconds. */
    readonly lifetime: number;
  },
): JsonObject {
  const seconds = Math.floor(about.now / 1000);
  return {
    iss: about.issuer,
    sub: grant.user ?? "",
    aud: about.service,
    exp: seconds + about.lifetime,
    nbf: seconds - 60,
    iat: seconds,
    jti: randomUUID(),
    access: grant.access.map((access) => ({
      type: "repository",
      name: access.repository,
      actions: [...access.actions],
    })),
  };
}
