import { createFakeAdapter, createFakeClock } from "../testing/index.ts";
import { launchAgent } from "./embed.ts";

/** The same program with an in-memory substrate: no engine, no registry, and no real time passes. */
export async function launchOnFake(database: string) {
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
