import { createTestSlipway } from "../testing/index.ts";
import { startService } from "./service.ts";

/** A test of the service without an engine: the next process finishes a launch that the first one began. */
export async function testRestart() {
  const first = createTestSlipway({
    images: [{ reference: "ghcr.io/acme/agent:v1", architecture: "amd64" }],
    substrates: { DOCKER: { bootMilliseconds: 5_000, capabilities: { pollMilliseconds: 1_000 } } },
  });
  const { catalog, clock, substrates } = first;
  await catalog.set("image", {
    name: "agent-base",
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: "ghcr.io/acme/agent:v1" },
  });
  await catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
  await catalog.set("workspace", { name: "agent-dev", imageRef: "agent-base", placement: "here" });

  const reports: string[] = [];
  const service = startService(first, (line) => reports.push(line));
  const launch = service.launch("agent-dev", "agent-1", new AbortController().signal);
  const [ended] = await Promise.all([
    Promise.allSettled([launch]),
    clock.advance(2_000).then(() => service[Symbol.asyncDispose]()),
  ]);

  await using next = first.reopen();
  const restarted = startService(next, (line) => reports.push(line));
  await clock.runUntilSettled(restarted.recovered);
  const [spawn] = await next.listSpawns();
  return { ended, spawn, reports, launches: substrates.DOCKER.calls.launch };
}
