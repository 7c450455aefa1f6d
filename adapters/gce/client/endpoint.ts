import { SlipwayError } from "../../../src/errors.ts";
import { quotableAddress } from "../../../src/redaction/address.ts";

/** Address of Compute Engine. */
export interface ComputeEndpoint {
  readonly apiEndpoint: string;
  readonly port: number;
  readonly protocol: "http" | "https";
}

/** The variable that `gcloud` reads too, such as `http://127.0.0.1:8085/compute/v1/`. */
export const ENDPOINT_VARIABLE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE";

/** Compute Engine in a universe, such as `googleapis.com`. */
export function computeOf(universeDomain: string): ComputeEndpoint {
  return { apiEndpoint: `compute.${universeDomain}`, port: 443, protocol: "https" };
}

/** The client appends this path itself, so an override can only change what precedes it. */
const API_PATH = /^\/(?:compute\/v1\/?)?$/;

/**
 * The address that an override names; null without one.
 *
 * @throws SlipwayError `CLOUD_ENDPOINT_INVALID` for an override that is not an address of the API
 */
export function overriddenEndpoint(override: string | undefined): ComputeEndpoint | null {
  if (override === undefined || override.trim() === "") return null;
  const url = URL.parse(override.trim());
  if (url === null) throw invalid(quotableAddress(override), "is not a valid URL");
  const { protocol, hostname, pathname, username, password, search, hash } = url;
  if (protocol !== "http:" && protocol !== "https:")
    throw invalid(url.host, "is not http or https");
  if (username !== "" || password !== "") throw invalid(url.host, "holds a user or a password");
  if (!API_PATH.test(pathname) || search !== "" || hash !== "")
    throw invalid(url.origin + pathname, "does not end in /compute/v1/");
  const secure = protocol === "https:";
  return {
    apiEndpoint: hostname,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    protocol: secure ? "https" : "http",
  };
}

function invalid(value: string, why: string): SlipwayError {
  return new SlipwayError({
    code: "FAILED_PRECONDITION",
    reason: "CLOUD_ENDPOINT_INVALID",
    message: `${ENDPOINT_VARIABLE} ${JSON.stringify(value)} ${why}`,
    remedy: `Unset ${ENDPOINT_VARIABLE}, or set it to an address such as http://127.0.0.1:8085/compute/v1/.`,
    blastRadius: "account",
  });
}
