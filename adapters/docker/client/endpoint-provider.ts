import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { errorCode } from "../../../src/host/error-code.ts";
import { isAbsent, readRegularFile, whyUnreadable } from "../../../src/host/read-file.ts";
import { readDockerConfigFile } from "../../../src/host/docker-config-file.ts";
import { goMembers } from "../../../src/json/go-members.ts";
import { configurationInvalid, DEFAULT_SOCKET, parseEndpoint } from "./endpoint.ts";
import type { ConfigurationProblem, EngineEndpoint, EngineTls } from "./endpoint.ts";

export type DockerEnvironment = Readonly<Record<string, string | undefined>>;

export interface EndpointRequest {
  /** The placement's host; null means the environment's. */
  readonly host: string | null;
  readonly environment: DockerEnvironment;
  /** The user's home folder. */
  readonly home: string;
  /** The socket without any setting. Default `/var/run/docker.sock`. */
  readonly defaultSocket?: string;
}

const DEFAULT_CONTEXT = "default";
const LARGEST_FILE = 1024 * 1024;

/** Rootless Docker and Podman. */
const RUNTIME_SOCKETS = ["docker.sock", "podman/podman.sock"];
/** Docker Desktop, Colima, OrbStack, Rancher Desktop. */
const HOME_SOCKETS = [
  ".docker/run/docker.sock",
  ".docker/desktop/docker.sock",
  ".colima/default/docker.sock",
  ".orbstack/run/docker.sock",
  ".rd/docker.sock",
];
const SYSTEM_SOCKETS = ["/run/podman/podman.sock"];

const contextFile = z.object({
  Endpoints: z.object({
    docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean().default(false) }),
  }),
});

/**
 * Finds the engine in the order of the `docker` command: the placement's host, `DOCKER_HOST`, the context named by
 * `DOCKER_CONTEXT`, the configuration's current context, the default socket. A host given by address uses TLS if
 * `DOCKER_TLS_VERIFY` is set, with the keys in `DOCKER_CERT_PATH`; a context has its own keys.
 *
 * Like that command, it uses the default socket if the configuration cannot be read; the endpoint has the problem.
 *
 * Throws `ENGINE_CONFIGURATION_INVALID`, which names the faulty variable or file.
 */
export async function findEndpoint(request: EndpointRequest): Promise<EngineEndpoint> {
  return (await locateEngine(request)).endpoint;
}

/** The address of an engine, and the setting that chose it. */
export interface LocatedEngine {
  readonly endpoint: EngineEndpoint;
  /** Such as `DOCKER_HOST`. */
  readonly origin: string;
}

/** As {@link findEndpoint}. */
export async function locateEngine(request: EndpointRequest): Promise<LocatedEngine> {
  const { host, environment, home } = request;
  const given = (name: string): string | null => environment[name] || null;
  const folder = given("DOCKER_CONFIG") ?? join(home, ".docker");
  const byAddress = async (address: string, origin: string) => {
    const tls = await environmentTls(address, given, folder);
    return { endpoint: parseEndpoint(withScheme(address), origin, tls), origin };
  };

  if (host !== null) return await byAddress(host, "the placement's host");
  const dockerHost = given("DOCKER_HOST");
  if (dockerHost !== null) return await byAddress(dockerHost, "DOCKER_HOST");
  const named = given("DOCKER_CONTEXT");
  const { context, problem } =
    named === null ? await currentContext(folder) : { context: named, problem: null };
  if (context === "" || context === DEFAULT_CONTEXT) {
    const socket = request.defaultSocket ?? DEFAULT_SOCKET;
    const origin = "the default engine";
    const endpoint = parseEndpoint(`unix://${socket}`, origin);
    const doubt = problem ?? (await otherSocket(socket, request));
    return { endpoint: { ...endpoint, problem: doubt }, origin };
  }
  const from =
    named === null ? `currentContext of ${join(folder, "config.json")}` : "DOCKER_CONTEXT";
  const endpoint = await contextEndpoint(context, folder, from);
  return { endpoint, origin: `Docker context "${context}"` };
}

/**
 * Rootless engines and desktop products listen elsewhere, and set up a context for that, which a user may lack: without
 * a default socket, the first of theirs is named. It is not used, because no setting has chosen it.
 */
async function otherSocket(
  socket: string,
  { environment, home }: EndpointRequest,
): Promise<ConfigurationProblem | null> {
  if (await isSocket(socket)) return null;
  const runtime = environment["XDG_RUNTIME_DIR"] || null;
  const others = [
    ...(runtime === null ? [] : RUNTIME_SOCKETS.map((path) => join(runtime, path))),
    ...HOME_SOCKETS.map((path) => join(home, path)),
    ...SYSTEM_SOCKETS,
  ];
  for (const path of others)
    if (await isSocket(path))
      return {
        why: `no setting names another: there is no ${socket}, but an engine's socket at ${path}`,
        remedy: `Set DOCKER_HOST=unix://${path}, or the placement's host, to use that engine.`,
      };
  return null;
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch (caught) {
    // Also what this user may not look at is of no use to this user.
    if (errorCode(caught) !== null) return false;
    throw caught;
  }
}

/**
 * The `docker` command reads `127.0.0.1:2375` as tcp, and takes this machine where tcp names no host (`tcp://:2375`,
 * https://github.com/moby/moby/pull/10461). It rejects a bare path.
 */
function withScheme(address: string): string {
  const url = address.includes("://") || address.startsWith("/") ? address : `tcp://${address}`;
  return url.replace(/^tcp:\/\/(?=:\d|$)/, "tcp://localhost");
}

async function environmentTls(
  address: string,
  given: (name: string) => string | null,
  folder: string,
): Promise<EngineTls | null> {
  const isTcp = !address.includes("://") || address.startsWith("tcp://");
  if (!isTcp || given("DOCKER_TLS_VERIFY") === null) return null;
  return { ...(await keysIn(given("DOCKER_CERT_PATH") ?? folder)), verify: true };
}

/** The configuration's current context; empty, with the reason, if the configuration cannot be read. */
async function currentContext(
  folder: string,
): Promise<{ readonly context: string; readonly problem: ConfigurationProblem | null }> {
  const path = join(folder, "config.json");
  const file = await readDockerConfigFile(path);
  if (file.kind === "absent") return { context: "", problem: null };
  if (file.kind === "refused") throw configurationInvalid(file.why);
  if (file.kind === "unreadable")
    return { context: "", problem: { ...file, why: notUsed(file.why) } };
  const { currentContext: context = "" } = isObject(file.document)
    ? goMembers(file.document, ["currentContext"])
    : { currentContext: null };
  if (typeof context === "string") return { context, problem: null };
  const why = notUsed(`${path} has an unexpected structure`);
  return { context: "", problem: { why, remedy: "Correct the Docker configuration." } };
}

function notUsed(why: string): string {
  return `Docker's configuration was not used: ${why}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Docker stores a context in a folder named after the SHA-256 of the context's name. */
async function contextEndpoint(
  context: string,
  folder: string,
  from: string,
): Promise<EngineEndpoint> {
  const hash = createHash("sha256").update(context).digest("hex");
  const path = join(folder, "contexts", "meta", hash, "meta.json");
  const text = await readIfThere(path);
  if (text === null) throw configurationInvalid(`${from}: there is no Docker context "${context}"`);
  const { Host, SkipTLSVerify } = parseFile(contextFile, text, path).Endpoints.docker;
  const keys = await keysIn(join(folder, "contexts", "tls", hash, "docker"));
  const hasKeys = Object.values(keys).some((key) => key !== null);
  const tls = hasKeys || SkipTLSVerify ? { ...keys, verify: !SkipTLSVerify } : null;
  return parseEndpoint(Host, `Docker context "${context}"`, tls);
}

async function keysIn(folder: string): Promise<Omit<EngineTls, "verify">> {
  const [certificateAuthority, certificate, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((file) => readIfThere(join(folder, file))),
  );
  return {
    certificateAuthority: certificateAuthority ?? null,
    certificate: certificate ?? null,
    key: key ?? null,
  };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return (await readRegularFile(path, LARGEST_FILE)).toString("utf8");
  } catch (caught) {
    if (isAbsent(caught)) return null;
    throw configurationInvalid(`${path} cannot be read: ${whyUnreadable(caught)}`, {
      cause: caught,
    });
  }
}

function parseFile<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  path: string,
): z.output<Schema> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's message may quote the file, which also contains credentials.
    throw configurationInvalid(`${path} is not JSON`);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw configurationInvalid(
    `${path}: ${where === "" ? "the file" : where} has an unexpected structure`,
  );
}
