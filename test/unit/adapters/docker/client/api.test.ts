import { describe, expect, it } from "vitest";
import { createEngineApi } from "../../../../../adapters/docker/client/api.ts";
import type { EngineApi } from "../../../../../adapters/docker/client/api.ts";
import { parseEndpoint } from "../../../../../adapters/docker/client/endpoint.ts";
import { createTransport } from "../../../../../adapters/docker/client/transport.ts";
import { ODD_ANSWERS, startOddServer } from "../../../../support/odd-http.ts";

const { signal } = new AbortController();
const CONTAINER = {
  name: "c",
  platform: "linux/amd64",
  body: { Image: "i", Env: [], Labels: {}, ExposedPorts: {}, HostConfig: { PortBindings: {} } },
};
const EVERYTHING = { follow: true, tail: null, since: null } as const;

/** Every call but the pull, whose time limits are the puller's. */
const CALLS: Readonly<Record<string, (api: EngineApi) => Promise<unknown>>> = {
  info: (api) => api.info(signal),
  version: (api) => api.version(signal),
  podmanControllers: (api) => api.podmanControllers(signal),
  inspectNetwork: (api) => api.inspectNetwork("n", signal),
  inspectContainer: (api) => api.inspectContainer("c", signal),
  listContainers: (api) => api.listContainers({}, signal),
  createContainer: (api) => api.createContainer(CONTAINER),
  startContainer: (api) => api.startContainer("c"),
  removeContainer: (api) => api.removeContainer("c", { force: true }),
  copyInto: (api) => api.copyInto("c", new Uint8Array(1024)),
  copyFrom: async (api) => Array.fromAsync(await api.copyFrom("c", "/etc/passwd")),
  logs: (api) => api.logs("c", EVERYTHING, signal),
};

async function failureOf(call: string, oddAnswer: string): Promise<unknown> {
  const answer = ODD_ANSWERS.find(({ name }) => name === oddAnswer);
  if (answer === undefined) throw new Error(`the table has no answer "${oddAnswer}"`);
  await using server = await startOddServer(answer, Buffer.from("{}"));
  const endpoint = parseEndpoint(`tcp://127.0.0.1:${server.port}`, "the test");
  const api = createEngineApi(createTransport(endpoint), { read: 50, change: 50, reply: 50 });
  try {
    return await CALLS[call]?.(api);
  } catch (caught) {
    return caught;
  } finally {
    await api.close();
  }
}

const NAMES = Object.keys(CALLS);
/** Logs that are followed may be silent for as long as the machine is. */
const BOUNDED = NAMES.filter((name) => name !== "logs");
const NO_SUCCESS = ["101 without an upgrade", "101 to another protocol", "status 000"];

describe("a call to the engine", () => {
  it.each(NAMES)("is given up if no answer comes: %s", async (name) => {
    expect(await failureOf(name, "silence")).toMatchObject({ code: "TIMED_OUT", sent: true });
  });

  it.each(BOUNDED)("is given up if the answer stops in its middle: %s", async (name) => {
    expect(await failureOf(name, "half a document, then silence")).toMatchObject({
      code: "TIMED_OUT",
      sent: true,
    });
  });

  it.each(NO_SUCCESS.flatMap((answer) => NAMES.map((name) => ({ answer, name }))))(
    "does not take $answer for a success: $name",
    async ({ answer, name }) => {
      expect(await failureOf(name, answer)).toMatchObject({
        name: "EngineConnectionFailure",
        sent: true,
      });
    },
  );
});
