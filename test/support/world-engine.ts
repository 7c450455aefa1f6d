import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";

/** What an engine has, asked of the engine itself and not of the product. */
export interface EngineView {
  inspect(id: string): Promise<Docker.ContainerInspectInfo>;
  /** Ids of all containers with this label (`name=value`), running or not. */
  containers(label: string): Promise<readonly string[]>;
  /** `repository@digest` and `repository:tag` of all images of this registry. */
  images(registryHost: string): Promise<readonly string[]>;
  hasVolume(name: string): Promise<boolean>;
  removeContainers(label: string): Promise<void>;
  removeImages(registryHost: string): Promise<void>;
}

export function viewEngine(engine: { readonly socketPath: string }): EngineView {
  const docker = new Docker({ socketPath: engine.socketPath });
  const containers = async (label: string) => {
    const found = await docker.listContainers({ all: true, filters: { label: [label] } });
    return found.map(({ Id }) => Id);
  };
  const images = async (registryHost: string) => {
    const found = await docker.listImages();
    return found
      .flatMap(({ RepoDigests, RepoTags }) => [...(RepoDigests ?? []), ...(RepoTags ?? [])])
      .filter((name) => name.startsWith(`${registryHost}/`));
  };
  return {
    inspect: (id) => docker.getContainer(id).inspect(),
    containers,
    images,
    async hasVolume(name) {
      const { Volumes } = await docker.listVolumes({ filters: { name: [name] } });
      return Volumes.some(({ Name }) => Name === name);
    },
    async removeContainers(label) {
      const ids = await containers(label);
      await Promise.all(ids.map((id) => docker.getContainer(id).remove({ force: true, v: true })));
    },
    async removeImages(registryHost) {
      for (const name of await images(registryHost)) await docker.getImage(name).remove();
    },
  };
}

/** A socket in front of an engine that tells what was asked of it, and may lose answers. */
export interface WatchedEngine extends AsyncDisposable {
  readonly host: string;
  /** `GET /v1.41/info`, with the query. */
  readonly requests: readonly string[];
  /** The next request that fits and succeeds has its answer lost, and its connection with it. */
  loseAnswer(request: RegExp): void;
}

export async function watchEngine(engine: { readonly socketPath: string }): Promise<WatchedEngine> {
  const requests: string[] = [];
  const lost: RegExp[] = [];
  const isLost = (name: string) => {
    const index = lost.findIndex((pattern) => pattern.test(name));
    if (index >= 0) lost.splice(index, 1);
    return index >= 0;
  };
  const socketPath = join(tmpdir(), `slipway-watched-${randomUUID()}.sock`);
  const server = createServer((incoming, outgoing) => {
    const { method = "", url: path = "", headers } = incoming;
    requests.push(`${method} ${path}`);
    const onward = request({ socketPath: engine.socketPath, method, path, headers }, (answer) => {
      const { statusCode = 502 } = answer;
      if (statusCode < 300 && isLost(`${method} ${path}`)) {
        answer.resume().on("close", () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", (error) => outgoing.destroy(error));
    incoming.pipe(onward);
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    host: `unix://${socketPath}`,
    requests,
    loseAnswer: (pattern) => void lost.push(pattern),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await rm(socketPath, { force: true });
    },
  };
}
