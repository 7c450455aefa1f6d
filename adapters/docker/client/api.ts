import { Readable } from "node:stream";
import type Docker from "dockerode";
import { z } from "zod";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { credentialServer } from "../../../src/oci/reference.ts";
import { hasStatus } from "../errors/errors.ts";
import { createModem } from "./modem.ts";
import type { EngineCall } from "./modem.ts";
import {
  containerReply,
  infoReply,
  listReply,
  networkReply,
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
  /** `registry/repository@sha256:…`, handed over whole: what splits off a tag makes a tag of the digest. */
  readonly reference: string;
  /** `os/architecture[/variant]`. */
  readonly platform: string;
  readonly registry: string;
  readonly credential: RegistryCredential | null;
}

/** Body of `POST /containers/create`. Its `Env` holds secrets: it is sent and nothing else is done with it. */
export interface ContainerBody {
  readonly Image: string;
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly HostConfig: {
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    >;
    readonly NetworkMode?: string;
    readonly Memory?: number;
    readonly MemorySwap?: number;
    readonly CpuShares?: number;
    readonly NanoCpus?: number;
  };
}

export interface ContainerRequest {
  /** The same launch's member has the same name in every process: the engine refuses a second one. */
  readonly name: string;
  /** `os/architecture[/variant]`. */
  readonly platform: string;
  readonly body: ContainerBody;
}

export interface LogsQuery {
  readonly follow: boolean;
  /** Null for all there are. */
  readonly tail: number | null;
}

/**
 * Every call that is made to an engine, and no other. None repeats itself. All throw `EngineReplyFailure` or
 * `EngineConnectionFailure`, to be judged where the call is made; a `SlipwayError` where the signal was aborted.
 */
export interface EngineApi {
  info(signal: AbortSignal): Promise<InfoReply>;
  version(signal: AbortSignal): Promise<VersionReply>;
  inspectNetwork(name: string, signal: AbortSignal): Promise<NetworkReply>;
  /** The stream of progress lines: the engine's answer says nothing of success. */
  pull(request: PullRequest, signal: AbortSignal): Promise<Readable>;
  // Whatever changes a container runs to its end: one that is given up half-way is one that nobody knows of.
  /** The new container's id. */
  createContainer(request: ContainerRequest): Promise<string>;
  /** A container that runs already is a success. */
  startContainer(id: string): Promise<void>;
  removeContainer(id: string, options: { readonly force: boolean }): Promise<void>;
  /** Unpacks a tar archive at the root of a container's file system. */
  copyInto(id: string, archive: Uint8Array): Promise<void>;
  /** A file or folder of a container as a tar archive. */
  copyFrom(id: string, path: string): Promise<Readable>;
  /** By id or name. */
  inspectContainer(id: string, signal: AbortSignal | null): Promise<ContainerReply>;
  /** Running or not, that fit all filters; all of them, in one answer. */
  listContainers(
    filters: Readonly<Record<string, readonly string[]>>,
    signal: AbortSignal,
  ): Promise<readonly ListedContainer[]>;
  logs(id: string, query: LogsQuery, signal: AbortSignal): Promise<Readable>;
  close(): void;
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
const createdId = z.string().min(1);

/** The calls over a transport. dockerode is loaded by the first of them. */
export function createEngineApi(
  transport: EngineTransport,
  limits: EngineTimeLimits = DEFAULT_LIMITS,
): EngineApi {
  const connect = async (call: EngineCall): Promise<Docker> => {
    const { default: Dockerode } = await import("dockerode");
    // The option by which dockerode takes another modem than its own is missing in its types.
    const options = { Promise, modem: createModem(transport, call) };
    return new Dockerode(options);
  };
  const { read, change, reply } = limits;
  const reading = (signal: AbortSignal | null) =>
    connect({ signal, silenceMilliseconds: read, replyMilliseconds: reply });
  const following = (signal: AbortSignal) =>
    connect({ signal, silenceMilliseconds: read, replyMilliseconds: null });
  // The engine answers a pull with the first that it hears of the registry: the puller watches over the whole of it.
  const pulling = (signal: AbortSignal) =>
    connect({ signal, silenceMilliseconds: null, replyMilliseconds: null });
  const changing = () =>
    connect({ signal: null, silenceMilliseconds: change, replyMilliseconds: reply });
  const container = (docker: Docker, id: string) => docker.getContainer(encodeURIComponent(id));

  return {
    async info(signal) {
      return readReply(infoReply, await (await reading(signal)).info(), "itself");
    },
    async version(signal) {
      return readReply(versionReply, await (await reading(signal)).version(), "its version");
    },
    async inspectNetwork(name, signal) {
      const network = (await reading(signal)).getNetwork(encodeURIComponent(name));
      return readReply(networkReply, await network.inspect(), `network ${name}`);
    },
    async pull({ reference, platform, registry, credential }, signal) {
      const docker = await pulling(signal);
      const query = { fromImage: reference, platform };
      const auth = credential === null ? {} : authconfig(registry, credential);
      return readableOf(await docker.createImage(auth, query));
    },
    async createContainer({ name, platform, body }) {
      const docker = await changing();
      const created = await docker.createContainer({ name, ...parts({ name, platform }, body) });
      return readReply(createdId, created.id, `the new container ${name}`);
    },
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
    async logs(id, { follow, tail }, signal) {
      const docker = await following(signal);
      const query = { stdout: true, stderr: true, follow, ...(tail === null ? {} : { tail }) };
      // To dockerode `follow` means that a stream is wanted, which is so for old lines too.
      return readableOf(await container(docker, id).logs({ follow: true, ...parts(query) }));
    },
    close: () => transport.close(),
  };
}

/** Query and body of a call, apart. What dockerode's modem makes of one object is not for every call right. */
function parts(query: object, body?: object): object {
  return { _query: query, ...(body === undefined ? {} : { _body: body }) };
}

/** What a registry is told by the engine. */
function authconfig(registry: string, credential: RegistryCredential): object {
  const serveraddress = credentialServer(registry);
  return credential.kind === "password"
    ? { username: credential.username, password: credential.password.reveal(), serveraddress }
    : { identitytoken: credential.identityToken.reveal(), serveraddress };
}

function readableOf(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new TypeError("the engine's answer is no stream");
}
