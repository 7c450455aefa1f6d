import { type KeyObject, createHash, createPublicKey, sign } from "node:crypto";
import { isIP } from "node:net";

export interface CertificateOptions {
  /** An elliptic-curve key on P-256. */
  readonly privateKey: KeyObject;
  readonly commonName: string;
  /** DNS names and IPv4 addresses that the certificate is valid for. Default: none. */
  readonly names?: readonly string[];
  /** Milliseconds since 1970. The certificate is valid from an hour before until a year after. */
  readonly now: number;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAlternativeName: [0x55, 0x1d, 0x11],
} as const;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

/** A self-signed X.509 certificate (RFC 5280) in DER. `node:crypto` can parse certificates but not create them. */
export function selfSignedCertificate(options: CertificateOptions): Uint8Array {
  const algorithm = der(TAG.sequence, objectIdentifier(OID.ecdsaWithSha256));
  const name = der(
    TAG.sequence,
    der(
      TAG.set,
      der(
        TAG.sequence,
        objectIdentifier(OID.commonName),
        der(TAG.utf8String, Buffer.from(options.commonName)),
      ),
    ),
  );
  const publicKey = createPublicKey(options.privateKey).export({ type: "spki", format: "der" });
  const toBeSigned = der(
    TAG.sequence,
    der(0xa0, der(TAG.integer, [2])), // version 3
    der(TAG.integer, serialNumber(publicKey)),
    algorithm,
    name,
    der(TAG.sequence, time(options.now - HOUR), time(options.now + YEAR)),
    name,
    publicKey,
    der(0xa3, der(TAG.sequence, ...extensions(options.names ?? []))),
  );
  const signature = sign("sha256", toBeSigned, options.privateKey);
  return der(TAG.sequence, toBeSigned, algorithm, der(TAG.bitString, [0], signature));
}

/** Encodes a DER certificate as PEM. */
export function certificatePem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** A positive number derived from the key: its first bit is clear and its first byte is never 0. */
function serialNumber(publicKey: Uint8Array): Uint8Array {
  const number = new Uint8Array(createHash("sha256").update(publicKey).digest().subarray(0, 16));
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40;
  return number;
}

function extensions(names: readonly string[]): readonly Uint8Array[] {
  const authority = extension(OID.basicConstraints, true, der(TAG.boolean, [0xff]));
  if (names.length === 0) return [authority];
  const alternatives = names.map((name) =>
    isIP(name) === 4 ? der(0x87, name.split(".").map(Number)) : der(0x82, Buffer.from(name)),
  );
  return [authority, extension(OID.subjectAlternativeName, false, ...alternatives)];
}

function extension(
  id: readonly number[],
  critical: boolean,
  ...value: readonly Uint8Array[]
): Uint8Array {
  return der(
    TAG.sequence,
    objectIdentifier(id),
    ...(critical ? [der(TAG.boolean, [0xff])] : []),
    der(TAG.octetString, der(TAG.sequence, ...value)),
  );
}

function objectIdentifier(encoded: readonly number[]): Uint8Array {
  return der(TAG.objectIdentifier, encoded);
}

/** Years through 2049 are encoded with two digits, later ones with four (RFC 5280, 4.1.2.5). */
function time(milliseconds: number): Uint8Array {
  const digits = new Date(milliseconds).toISOString().replaceAll(/\.\d+|[-:T]/g, "");
  return digits < "2050"
    ? der(TAG.utcTime, Buffer.from(digits.slice(2)))
    : der(TAG.generalizedTime, Buffer.from(digits));
}

/** Encodes one DER element. */
function der(tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const body = Buffer.concat(contents.map((part) => Uint8Array.from(part)));
  return new Uint8Array(Buffer.concat([Uint8Array.from([tag, ...derLength(body.length)]), body]));
}

function derLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}
