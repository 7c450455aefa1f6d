import { startRegistry } from "../../../testing/registry/index.ts";
import { busyboxImage } from "../busybox-image.ts";
import type { EnginePeer } from "../peers.ts";
import { watchEngine } from "../watched-engine.ts";
import type { EngineFaultRule } from "../watched-engine.ts";
import { viewEngine } from "../world-engine.ts";
import { uniqueName } from "../world.ts";
import { recordWorkspace } from "./fault-substrate.ts";
import type { FaultSubstrate } from "./fault-substrate.ts";

const LABEL = "com.example.fault";
const CREATE = /^POST [^?]*\/containers\/create/;

/** This machine's engine, behind a socket that drops, truncates and delays requests and answers. */
export async function faultsOnDocker(engine: EnginePeer): Promise<FaultSubstrate<EngineFaultRule>> {
  const registry = await startRegistry();
  const image = await busyboxImage(engine, {
    architecture: "amd64",
    config: { Cmd: ["sleep", "3600"] },
  });
  const { reference } = registry.add("fault/steady", "v1", image);
  const watched = await watchEngine(engine);
  const view = viewEngine(engine);
  const name = uniqueName();
  const label = `${LABEL}=${name}`;
  return {
    environment: { DOCKER_HOST: watched.host },
    prepare: (slipway) =>
      recordWorkspace(slipway, {
        image: { docker: { imageRef: reference } },
        placement: { substrate: "DOCKER", target: { docker: { labels: { [LABEL]: name } } } },
      }),
    inject: (rule) => watched.fault(rule),
    launchRequests: () => watched.requests.filter((request) => CREATE.test(request)).length,
    machines: () => view.containers(label),
    async [Symbol.asyncDispose]() {
      await view.removeContainers(label);
      await view.removeImages(registry.host);
      await watched[Symbol.asyncDispose]();
      await registry.close();
    },
  };
}
