import { createFakeAdapter, createFakeClock } from "../testing/index.ts";
import { launchAgent } from "./embed.ts";

/** The same program against a substrate in memory: no engine, no registry, and no time that passes. */
export async function launchNowhere(database: string) {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({
    clock,
    images: [{ reference: "ghcr.io/acme/agent:v1", architecture: "amd64" }],
    places: [{ place: "local" }],
  });
  const spawn = await launchAgent({
    database,
    ports: {
      clock,
      openAdapter: () => Promise.resolve(adapter),
      dockerCredential: () => Promise.resolve(null),
    },
  });
  return { spawn, launches: adapter.calls.launch };
}
