import { Readable } from "node:stream";
import type Docker from "dockerode";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { credentialServer } from "../../../src/oci/reference.ts";
import { EngineReplyFailure } from "../errors/engine-failure.ts";
import { hasStatus } from "../errors/errors.ts";
import type { ContainerBody } from "./container-body.ts";
import { createExecApi } from "./exec-api.ts";
import type { ExecApi } from "./exec-api.ts";
import { callEngine, createModem } from "./modem.ts";
import type { EngineCall } from "./modem.ts";
import {
  containerReply,
  createReply,
  infoReply,
  listReply,
  networkReply,
  podmanReply,
  readReply,
  versionReply,
} from "./replies.ts";
import type {
  ContainerReply,
  InfoReply,
  ListedContainer,
  NetworkReply,
  VersionReply,
} from "./replies.ts";
import type { EngineTransport } from "./transport.ts";

export interface PullRequest {
  /**
   * `registry/repository@sha256:…`, passed as one string: code that splits off a tag would turn the digest into a
   * tag.
   */
  readonly reference: string;
  /** `os/architecture[/variant]`; null for an image that does not state its own. */
  readonly platform: string | null;
  readonly registry: string;
  readonly credential: RegistryCredential | null;
}

export interface ContainerRequest {
  /** Every process derives the same name for a launch's member, so the engine refuses a second container. */
  readonly name: string;
  /** `os/architecture[/variant]`; null for an image that does not state its own. */
  readonly platform: string | null;
  readonly body: ContainerBody;
}

export interface CreatedContainer {
  readonly id: string;
  /** Parts of the request that the engine ignores, in its own words. */
  readonly warnings: readonly string[];
}

export interface LogsQuery {
  readonly follow: boolean;
  /** Null means all lines. */
  readonly tail: number | null;
  /** Seconds since the epoch; null means from the beginning. */
  readonly since: number | null;
}

/**
 * Every call that Slipway makes to an engine. No call retries. Each throws `EngineReplyFailure` or
 * `EngineConnectionFailure`, which the caller turns into a `SlipwayError`, or a `SlipwayError` if the signal was
 * aborted.
 */
export interface EngineApi extends ExecApi {
  info(signal: AbortSignal): Promise<InfoReply>;
  version(signal: AbortSignal): Promise<VersionReply>;
  /** The cgroup controllers of a Podman service; null if its answer is hidden. */
  podmanControllers(signal: AbortSignal): Promise<ReadonlySet<string> | null>;
  inspectNetwork(name: string, signal: AbortSignal): Promise<NetworkReply>;
  /** Returns the stream of progress lines. A status of 200 does not mean that the pull succeeded. */
  pull(request: PullRequest, signal: AbortSignal): Promise<Readable>;
  // Calls that change a container take no signal: aborting one halfway would leave a container that no record names.
  createContainer(request: ContainerRequest): Promise<CreatedContainer>;
  /** Succeeds if the container is already running. */
  startContainer(id: string): Promise<void>;
  removeContainer(id: string, options: { readonly force: boolean }): Promise<void>;
  /** Unpacks a tar archive at the root of a container's file system. */
  copyInto(id: string, archive: Uint8Array): Promise<void>;
  /** A file or folder of a container as a tar archive. */
  copyFrom(id: string, path: string): Promise<Readable>;
  /** By id or name. */
  inspectContainer(id: string, signal: AbortSignal | null): Promise<ContainerReply>;
  /** Lists all matching containers, running or not. The engine does not page. */
  listContainers(
    filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
  ): Promise<readonly ListedContainer[]>;
  logs(id: string, query: LogsQuery, signal: AbortSignal): Promise<Readable>;
  close(): Promise<void>;
}

/** For how long an engine is waited for, in milliseconds. */
export interface EngineTimeLimits {
  /** Until the head of the answer to a read has come, which is quick; logs that are followed begin at once too. */
  readonly read: number;
  /** The same of a change: a start may wait for a slow disk. */
  readonly change: number;
  /** For the rest of an answer: that of a thousand containers has some megabytes. */
  readonly reply: number;
}

const DEFAULT_LIMITS: EngineTimeLimits = { read: 30_000, change: 180_000, reply: 120_000 };

const ALREADY_STARTED = 304;

/** Creates the calls over a transport. The first call loads dockerode. */
export function createEngineApi(
  transport: EngineTransport,
  limits: EngineTimeLimits = DEFAULT_LIMITS,
): EngineApi {
  const connect = async (call: EngineCall): Promise<Docker> => {
    const { default: Dockerode } = await import("dockerode");
    // dockerode accepts another modem, but its types lack the option.
    const options = { Promise, modem: createModem(transport, call) };
    return new Dockerode(options);
  };
  const { read, change, reply } = limits;
  const reading = (signal: AbortSignal | null) =>
    connect({ signal, silenceMilliseconds: read, replyMilliseconds: reply });
  const following = (signal: AbortSignal) =>
    connect({ signal, silenceMilliseconds: read, replyMilliseconds: null });
  // The engine replies to a pull only after the registry's first reply, so the puller limits the whole pull.
  const pulling = (signal: AbortSignal) =>
    connect({ signal, silenceMilliseconds: null, replyMilliseconds: null });
  const changes = { signal: null, silenceMilliseconds: change, replyMilliseconds: reply };
  const changing = () => connect(changes);
  const container = (docker: Docker, id: string) => docker.getContainer(encodeURIComponent(id));

  return {
    async info(signal) {
      return readReply(infoReply, await (await reading(signal)).info(), "itself");
    },
    async version(signal) {
      return readReply(versionReply, await (await reading(signal)).version(), "its version");
    },
    podmanControllers: (signal) =>
      podmanControllers(transport, { signal, silenceMilliseconds: read, replyMilliseconds: reply }),
    async inspectNetwork(name, signal) {
      const network = (await reading(signal)).getNetwork(encodeURIComponent(name));
      return readReply(networkReply, await network.inspect(), `network ${name}`);
    },
    async pull({ reference, platform, registry, credential }, signal) {
      const docker = await pulling(signal);
      const query = { fromImage: reference, ...platformQuery(platform) };
      const auth = credential === null ? {} : authconfig(registry, credential);
      return readableOf(await docker.createImage(auth, query));
    },
    createContainer: (request) => createContainer(transport, changes, request),
    async startContainer(id) {
      try {
        await container(await changing(), id).start();
      } catch (caught) {
        if (!hasStatus(caught, ALREADY_STARTED)) throw caught;
      }
    },
    async removeContainer(id, { force }) {
      await container(await changing(), id).remove({ force, v: true });
    },
    async copyInto(id, archive) {
      const query = { path: "/", noOverwriteDirNonDir: "1" };
      await container(await changing(), id).putArchive(Buffer.from(archive), query);
    },
    async copyFrom(id, path) {
      return readableOf(await container(await changing(), id).getArchive({ path }));
    },
    async inspectContainer(id, signal) {
      const reply: unknown = await container(await reading(signal), id).inspect();
      return readReply(containerReply, reply, `container ${id}`);
    },
    async listContainers(filters, signal) {
      const docker = await reading(signal);
      const query = { all: true, filters: JSON.stringify(filters) };
      return readReply(listReply, await docker.listContainers(query), "its containers");
    },
    async logs(id, { follow, tail, since }, signal) {
      const docker = await following(signal);
      const range = { ...(tail === null ? {} : { tail }), ...(since === null ? {} : { since }) };
      const query = { stdout: true, stderr: true, follow, ...range };
      // dockerode returns a stream only if `follow` is set, also for past lines.
      return readableOf(await container(docker, id).logs({ follow: true, ...parts(query) }));
    },
    ...createExecApi(transport, changes),
    close: () => transport.close(),
  };
}

/** dockerode keeps only the id of this reply. */
async function createContainer(
  transport: EngineTransport,
  call: EngineCall,
  { name, platform, body }: ContainerRequest,
): Promise<CreatedContainer> {
  const reply = await callEngine(transport, call, {
    method: "POST",
    path: "/containers/create?",
    options: parts({ name, ...platformQuery(platform) }, body),
    statusCodes: {},
  });
  const { Id: id, Warnings } = readReply(createReply, reply, `the new container ${name}`);
  return { id, warnings: Warnings ?? [] };
}

async function podmanControllers(
  transport: EngineTransport,
  call: EngineCall,
): Promise<ReadonlySet<string> | null> {
  try {
    const path = "/v4.0.0/libpod/info";
    const reply = await callEngine(transport, call, { method: "GET", path, statusCodes: {} });
    return new Set(readReply(podmanReply, reply, "its host").host.cgroupControllers);
  } catch (caught) {
    // A proxy may pass on Docker's calls alone.
    if (caught instanceof EngineReplyFailure) return null;
    throw caught;
  }
}

/**
 * Query and body of a call, kept separate: dockerode's modem derives them from one object, which is wrong for some
 * calls.
 */
function parts(query: object, body?: object): Readonly<Record<string, unknown>> {
  return { _query: query, ...(body === undefined ? {} : { _body: body }) };
}

/** Under a platform, the engine finds no image whose configuration states none. */
function platformQuery(platform: string | null): object {
  return platform === null ? {} : { platform };
}

/** The credential that the engine sends to the registry (`X-Registry-Auth`). */
function authconfig(registry: string, credential: RegistryCredential): object {
  const serveraddress = credentialServer(registry);
  switch (credential.kind) {
    case "password":
      return {
        username: credential.username,
        password: credential.password.reveal(),
        serveraddress,
      };
    case "identity-token":
      return { identitytoken: credential.identityToken.reveal(), serveraddress };
    case "registry-token":
      return { registrytoken: credential.registryToken.reveal(), serveraddress };
  }
}

function readableOf(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new TypeError("the engine's reply is not a stream");
}
