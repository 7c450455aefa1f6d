import { OAuth2Client } from "google-auth-library";
import type { AuthClient } from "google-auth-library";
import { z } from "zod";
import type { GceEnvironment } from "./credential-file.ts";
import { SCOPES } from "./impersonated.ts";
import { createTransport, gceAgents } from "./transport.ts";

/** The variables of Google's libraries: the server's address, and whether to look for one. */
const HOST_VARIABLES = ["GCE_METADATA_IP", "GCE_METADATA_HOST"] as const;
const DETECTION_VARIABLE = "METADATA_SERVER_DETECTION";
const ADDRESS = "169.254.169.254";
const GOOGLE_UNIVERSE = "googleapis.com";

/** On a machine of Google's the server answers within milliseconds; elsewhere the address may swallow packets. */
const DETECTION_MILLISECONDS = 3_000;
const ANSWER_MILLISECONDS = 10_000;
const MOST_ATTEMPTS = 3;
const LARGEST_ANSWER = 1024 * 1024;

const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number() });

export interface MachineOptions {
  readonly environment: GceEnvironment;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The credentials that the metadata server has for the machine on which Slipway runs. Google's library has a class for
 * them, but that sends its requests through the proxy of the environment, which has another metadata server or none, and
 * prints a warning if no server answers.
 *
 * @throws Error that says why there is no such server
 */
export async function machineCredentials({
  environment,
  now,
}: MachineOptions): Promise<AuthClient> {
  const detection = environment[DETECTION_VARIABLE]?.trim().toLowerCase() ?? "";
  if (detection === "none") throw new Error(`${DETECTION_VARIABLE} is none`);
  const ask = asker(environment);
  if (detection !== "assume-present") await ask("instance/", DETECTION_MILLISECONDS, 1);
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

/** Asks for a value below `/computeMetadata/v1/`; null if the server has none. */
function asker(environment: GceEnvironment) {
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
    if (reply.ok || reply.status === 404) return reply;
    throw new Error(`the metadata server ${host} answered with HTTP status ${reply.status}`);
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
