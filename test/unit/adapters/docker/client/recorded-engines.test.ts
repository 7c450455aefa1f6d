import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { pullLines } from "../../../../../adapters/docker/launch/pull-stream.ts";
import { Readable } from "node:stream";
import { dockerDraft } from "../../../../support/docker-plan.ts";
import { adapterOf } from "../../../../support/docker-subject.ts";
import { startFakeEngine } from "../../../../support/fake-engine.ts";

/**
 * Replies recorded from moby v2.0.0-beta.24 (Docker 29's code, with containerd's image store) and from Podman 4.3.1,
 * without the members that name paths of the recording machine.
 */
const ENGINES = [
  {
    file: "docker-29",
    version: "Docker 29.0.0 speaks API 1.56",
    network: "10.229.0.2",
    hostPort: 32_772,
  },
  {
    file: "podman-4",
    version: "Podman 4.3.1 speaks API 1.41",
    network: "10.88.0.180",
    hostPort: 33_585,
  },
] as const;

const recording = z.object({
  info: z.object({}).loose(),
  version: z.object({}).loose(),
  inspect: z.object({ Id: z.string() }).loose(),
  list: z.array(z.object({}).loose()),
  pull: z.array(z.object({}).loose()),
});

const { signal } = new AbortController();

async function recordingOf(file: string) {
  const path = new URL(`../../../../fixtures/engines/${file}.json`, import.meta.url);
  return recording.parse(JSON.parse(await readFile(path, "utf8")));
}

describe.each(ENGINES)("the recorded replies of $file", ({ file, version, network, hostPort }) => {
  async function onEngine<Result>(use: (adapter: ReturnType<typeof adapterOf>) => Promise<Result>) {
    const { info, version: reply, inspect, list } = await recordingOf(file);
    await using engine = await startFakeEngine();
    engine.on("GET /info", (exchange) => exchange.reply(200, info));
    engine.on("GET /version", (exchange) => exchange.reply(200, reply));
    engine.on("GET /containers/json", (exchange) => exchange.reply(200, list));
    engine.on("GET /containers/*/json", (exchange) => exchange.reply(200, inspect));
    const adapter = adapterOf(engine);
    try {
      return await use(adapter);
    } finally {
      await adapter.close();
    }
  }

  it("pass the preflight", async () => {
    const report = await onEngine((adapter) => adapter.preflight(dockerDraft(), {}, signal));
    expect(report.checks.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    expect(report.checks.map(({ message }) => message)).toContain(version);
  });

  it("describe and list a machine with its address and port", async () => {
    const { inspect } = await recordingOf(file);
    const machine = {
      id: inspect.Id,
      state: "running",
      addresses: { private: network, public: null },
      ports: [{ port: 8080, hostPort }],
    };
    await onEngine(async (adapter) => {
      expect(await adapter.describe([inspect.Id], signal)).toMatchObject([machine]);
      expect(await adapter.list("ledger-1", signal)).toMatchObject([machine]);
    });
  });

  it("are read as a pull's progress", async () => {
    const { pull } = await recordingOf(file);
    const body = Readable.from([Buffer.from(pull.map((line) => JSON.stringify(line)).join("\n"))]);
    expect(await Array.fromAsync(pullLines(body))).toHaveLength(pull.length);
  });
});
