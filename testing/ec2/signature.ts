import type { IncomingHttpHeaders } from "node:http";
import { Ec2Failure } from "./failure.ts";

/** The access key, region and service of a request, from the credential scope of its Signature Version 4. */
export interface Signature {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  /** Token of temporary credentials; null for long-term ones. */
  readonly sessionToken: string | null;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([\w-]{1,128})\/(\d{8})\/([a-z0-9-]{1,40})\/([a-z0-9-]{1,40})\/aws4_request, *SignedHeaders=([a-z0-9;-]{1,1024}), *Signature=[0-9a-f]{64}$/;

/**
 * Parses the signature of a request. Its format is checked, and that it covers the required headers. The signature
 * itself is not verified: any secret key is accepted.
 *
 * @throws Ec2Failure `MissingAuthenticationToken`, `IncompleteSignature`
 */
export function readSignature(headers: IncomingHttpHeaders): Signature {
  const { authorization } = headers;
  if (authorization === undefined)
    throw new Ec2Failure(
      "MissingAuthenticationToken",
      "Request must contain either a valid (registered) AWS access key ID or X.509 certificate.",
    );
  const [matched, accessKeyId, date, region, service, signedHeaders] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (matched === undefined || accessKeyId === undefined || date === undefined)
    throw incomplete("The request signature does not conform to AWS standards.");
  const signed = new Set((signedHeaders ?? "").split(";"));
  if (!signed.has("host")) throw incomplete("'Host' must be a 'SignedHeader'.");
  const time = header(headers, "x-amz-date");
  if (time === null || !/^\d{8}T\d{6}Z$/.test(time) || !signed.has("x-amz-date"))
    throw incomplete("'X-Amz-Date' must be a 'SignedHeader' of the form 20260101T000000Z.");
  if (!time.startsWith(date))
    throw new Ec2Failure(
      "SignatureDoesNotMatch",
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
    );
  return {
    accessKeyId,
    region: region ?? "",
    service: service ?? "",
    sessionToken: header(headers, "x-amz-security-token"),
  };
}

function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" ? value : null;
}

function incomplete(message: string): Ec2Failure {
  return new Ec2Failure("IncompleteSignature", message);
}
