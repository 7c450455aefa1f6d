import Docker from "dockerode";

/** The state of an engine, read from the engine itself and not through the product. */
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
      // Some engines remove an image's other names with it, so the list is read again after each.
      for (;;) {
        const [name] = await images(registryHost);
        if (name === undefined) return;
        await docker.getImage(name).remove();
      }
    },
  };
}
