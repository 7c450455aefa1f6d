import { gcpMetadata, OAuth2Client } from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import { z } from "zod";
import { isSlipwayError, SlipwayError } from "../../../src/errors.ts";
import type { GceEnvironment } from "./credential-settings.ts";
import { SCOPES } from "./impersonated.ts";
import { createTransport, gceAgents } from "./transport.ts";

/** The variables of Google's libraries: the server's address, whether to look for one, and how often. */
const HOST_VARIABLES = ["GCE_METADATA_IP", "GCE_METADATA_HOST"] as const;
const DETECTION_VARIABLE = "METADATA_SERVER_DETECTION";
const RETRIES_VARIABLE = "DETECT_GCP_RETRIES";
const ADDRESS = "169.254.169.254";
const GOOGLE_UNIVERSE = "googleapis.com";

/** On a machine of Google's the server answers within milliseconds; elsewhere the address may swallow packets. */
const DETECTION_MILLISECONDS = 3_000;
const ANSWER_MILLISECONDS = 10_000;
const MOST_ATTEMPTS = 3;
const LARGEST_ANSWER = 1024 * 1024;

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** This machine has no metadata server, as far as is known. */
export class NoMetadataServer extends Error {
  override readonly name = "NoMetadataServer";
}

export interface MachineOptions {
  readonly environment: GceEnvironment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether this machine is Google's, by its BIOS and its network cards. Default: as Google's library sees it. */
  readonly isGoogles?: () => boolean;
}

/**
 * The credentials that the metadata server has for the machine on which Slipway runs. Google's library has a class for
 * them, but that sends its requests through the proxy of the environment, which has another metadata server or none, and
 * prints a warning if no server answers.
 *
 * @throws NoMetadataServer that says why there is no such server
 */
export async function machineCredentials(options: MachineOptions): Promise<AuthClient> {
  const { environment, now } = options;
  const ask = asker(environment);
  if (needsPing(options)) await ping(ask, environment);
  const universeDomain = (await ask("universe/universe-domain")) ?? GOOGLE_UNIVERSE;
  const client = new OAuth2Client({ universeDomain });
  client.refreshHandler = async () => {
    const scopes = SCOPES.map(encodeURIComponent).join(",");
    const answer = await ask(`instance/service-accounts/default/token?scopes=${scopes}`);
    if (answer === null) throw new Error("this machine has no service account");
    const { access_token, expires_in } = tokenAnswer.parse(JSON.parse(answer));
    return { access_token, expiry_date: now() + expires_in * 1_000 };
  };
  return client;
}

/**
 * Whether the server has to answer before it is relied on. On a machine of Google's it is there, though it may not
 * answer yet: that of a pod needs some seconds.
 *
 * @throws NoMetadataServer that says why there is no such server
 */
function needsPing({
  environment,
  isGoogles = gcpMetadata.getGCPResidency,
}: MachineOptions): boolean {
  const detection = environment[DETECTION_VARIABLE]?.trim().toLowerCase() ?? "";
  switch (detection) {
    case "none":
      throw new NoMetadataServer(`${DETECTION_VARIABLE} is none`);
    case "assume-present":
      return false;
    case "ping-only":
      return true;
    case "bios-only":
      if (isGoogles()) return false;
      throw new NoMetadataServer(
        `${DETECTION_VARIABLE} is bios-only, and this machine is not Google's`,
      );
    case "":
      return !isGoogles();
    default:
      throw new NoMetadataServer(
        `${DETECTION_VARIABLE} is not assume-present, none, bios-only or ping-only, but ${detection}`,
      );
  }
}

async function ping(ask: Ask, environment: GceEnvironment): Promise<void> {
  const attempts = 1 + (Number(environment[RETRIES_VARIABLE]) || 0);
  try {
    await ask("instance/", DETECTION_MILLISECONDS, attempts);
  } catch (caught) {
    if (isSlipwayError(caught)) throw caught;
    throw new NoMetadataServer(caught instanceof Error ? caught.message : String(caught));
  }
}

/** Asks for a value below `/computeMetadata/v1/`; null if the server has none. */
type Ask = (path: string, milliseconds?: number, attempts?: number) => Promise<string | null>;

function asker(environment: GceEnvironment): Ask {
  const named = HOST_VARIABLES.map((name) => environment[name] ?? "").find((host) => host !== "");
  const host = named ?? ADDRESS;
  const base = new URL("/computeMetadata/v1/", /^https?:\/\//.test(host) ? host : `http://${host}`);
  const send = createTransport(LARGEST_ANSWER, gceAgents(null));
  const once = async (path: string, milliseconds: number): Promise<Response> => {
    const reply = await send(new URL(path, base), {
      headers: { "metadata-flavor": "Google" },
      signal: AbortSignal.timeout(milliseconds),
    });
    if (reply.headers.get("metadata-flavor") !== "Google")
      throw new Error(`${host} is not a metadata server (HTTP status ${reply.status})`);
    const { ok, status } = reply;
    if (ok || status === 404) return reply;
    const said = `the metadata server ${host} answered with HTTP status ${status}`;
    throw status >= 500 || status === 429 ? notNow(said) : new Error(said);
  };
  return async (path: string, milliseconds = ANSWER_MILLISECONDS, attempts = MOST_ATTEMPTS) => {
    for (let attempt = 1; ; attempt += 1) {
      const [answered] = await Promise.allSettled([once(path, milliseconds)]);
      if (answered.status === "fulfilled")
        return answered.value.ok ? (await answered.value.text()).trim() : null;
      if (attempt >= attempts) throw answered.reason;
    }
  };
}

/** The credentials are not to blame, and another try is worth it. */
function notNow(said: string): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "CLOUD_UNAVAILABLE",
    message: `there is no access token for Compute Engine: ${said}`,
    remedy: "Try again: the metadata server of this machine failed, or had too many requests.",
    blastRadius: "credential",
    retry: "same-token",
  });
}
