import { describe, expect, it } from "vitest";
import { createAwsApi } from "../../adapters/aws/client/api.ts";
import { createAwsClients } from "../../adapters/aws/client/client.ts";
import { pacedApi } from "../../adapters/aws/client/pacing.ts";
import { cloudError, isOutcomeUnknown } from "../../adapters/aws/errors/errors.ts";
import { parseEndpoint } from "../../adapters/docker/client/endpoint.ts";
import { createModem } from "../../adapters/docker/client/modem.ts";
import { createTransport as createEngineTransport } from "../../adapters/docker/client/transport.ts";
import {
  createTransport as createCloudTransport,
  gceAgents,
} from "../../adapters/gce/client/transport.ts";
import { parseReference } from "../../src/oci/reference.ts";
import type { RegistryClient } from "../../src/oci/registry/contract.ts";
import { createRegistryClient } from "../../src/oci/registry/client.ts";
import { tinyImage } from "../../testing/registry/index.ts";
import { blackHole } from "../support/black-hole.ts";
import { ODD_ANSWERS, startOddServer } from "../support/odd-http.ts";
import type { OddAnswer } from "../support/odd-http.ts";

/** A client's time limit, in milliseconds: for answers that it has to give up, and for all others. */
const SHORT = 100;
const LONG = 600_000;
/** What the client, and the machine of the tests, may need beyond the limit. */
const SETTLED = 5_000;
const ABORTED = 1_000;

interface Client {
  readonly name: string;
  readonly document: Uint8Array;
  /** Sends one request and reads the whole answer. */
  readonly read: (port: number, milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** Outcomes for which the client needs its time limit, or an abort. */
  readonly waits: readonly OddAnswer["outcome"][];
  /** What `read` gives, or fails with, for each kind of outcome. */
  readonly outcomes: Readonly<Record<OddAnswer["outcome"], unknown>>;
}

const MANIFEST = tinyImage("amd64").manifest;

/** A client that spends at most so long on a document, and on the silence of a blob. */
function registryClient(milliseconds: number): RegistryClient {
  return createRegistryClient({
    userAgent: "slipway/test",
    now: () => Date.now(),
    insecure: () => true,
    retry: { retries: 2, pauseMilliseconds: 1 },
    limits: { document: milliseconds, documentIdle: milliseconds, blobIdle: milliseconds },
  });
}

const REGION = "us-east-1";

function awsClients(port: number, milliseconds: number) {
  return createAwsClients({
    target: { region: REGION, roleArn: null, readonlyRoleArn: null },
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
    },
    home: "/nowhere",
    now: () => Date.now(),
    limits: { connect: milliseconds, head: milliseconds, silence: milliseconds },
  });
}

const REGISTRY_OUTCOMES = {
  empty: { reason: "REGISTRY_PROTOCOL" },
  // An invalid status counts as a server's failure (RFC 9110, 15).
  refusal: { reason: expect.stringMatching(/^REGISTRY_(?:PROTOCOL|UNAVAILABLE)$/) },
  "unexpected-status": {
    reason: "REGISTRY_PROTOCOL",
    message: expect.stringContaining("an HTTP status below 200"),
  },
  failure: { reason: expect.stringMatching(/^REGISTRY_(?:UNAVAILABLE|PROTOCOL)$/) },
  timeout: { reason: "REGISTRY_UNAVAILABLE", retry: "same-token" },
};

const CLIENTS: readonly Client[] = [
  {
    name: "the registry's client, for a manifest",
    document: MANIFEST.bytes,
    async read(port, milliseconds, signal) {
      const client = registryClient(milliseconds);
      try {
        const reference = parseReference(`127.0.0.1:${port}/a@${MANIFEST.digest}`);
        return (await client.getManifest({ reference, credential: null, signal })).digest;
      } finally {
        client.close();
      }
    },
    waits: ["timeout"],
    outcomes: { ...REGISTRY_OUTCOMES, document: MANIFEST.digest },
  },
  {
    name: "the registry's client, for a blob",
    document: MANIFEST.bytes,
    async read(port, milliseconds, signal) {
      const client = registryClient(milliseconds);
      try {
        const { digest, bytes } = MANIFEST;
        const descriptor = { mediaType: "application/octet-stream", digest, size: bytes.length };
        const repository = parseReference(`127.0.0.1:${port}/a`);
        const blob = await client.getBlob({ repository, descriptor, credential: null, signal });
        let size = 0;
        for await (const piece of blob) size += piece.length;
        return size;
      } finally {
        client.close();
      }
    },
    waits: ["timeout"],
    outcomes: {
      ...REGISTRY_OUTCOMES,
      document: MANIFEST.bytes.length,
      // An endless blob is larger than the limit at once.
      timeout: { reason: expect.stringMatching(/^(?:REGISTRY_UNAVAILABLE|MANIFEST_INVALID)$/) },
    },
  },
  {
    name: "the engine's transport",
    document: Buffer.from('{"ID":"x"}'),
    async read(port, milliseconds, signal) {
      const endpoint = parseEndpoint(`tcp://127.0.0.1:${port}`, "the test");
      const transport = createEngineTransport(endpoint);
      const call = {
        signal,
        silenceMilliseconds: milliseconds,
        replyMilliseconds: milliseconds,
      };
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      createModem(transport, call).dial(
        { path: "/info", method: "GET", statusCodes: {} },
        (error, reply) => (error === null ? resolve(reply) : reject(error)),
      );
      try {
        return await promise;
      } finally {
        await transport.close();
      }
    },
    waits: ["timeout"],
    outcomes: {
      document: { ID: "x" },
      empty: null,
      refusal: { name: "EngineReplyFailure" },
      "unexpected-status": {
        name: "EngineConnectionFailure",
        sent: true,
        code: "UNEXPECTED_STATUS",
      },
      failure: { name: "EngineConnectionFailure", sent: true },
      timeout: { name: "EngineConnectionFailure", sent: true, code: "TIMED_OUT" },
    },
  },
  {
    name: "Compute Engine's transport",
    document: Buffer.from("{}"),
    // Its time limit is the signal of Google's libraries.
    async read(port, milliseconds, signal) {
      const send = createCloudTransport(1_000_000, gceAgents(null));
      const limited = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
      const response = await send(`http://127.0.0.1:${port}/x`, { signal: limited });
      if (response.status >= 300) throw new Error(`status ${response.status}`);
      return await response.text();
    },
    waits: ["timeout"],
    outcomes: {
      document: "{}",
      empty: "",
      refusal: { message: expect.stringContaining("status") },
      "unexpected-status": { code: "UNEXPECTED_STATUS" },
      failure: { message: expect.any(String) },
      timeout: { message: "the request was aborted" },
    },
  },
  {
    name: "EC2's API, by the SDK's transport",
    document: Buffer.from(
      "<DescribeRegionsResponse><regionInfo><item><regionName>x</regionName></item></regionInfo></DescribeRegionsResponse>",
    ),
    async read(port, milliseconds, signal) {
      const clients = awsClients(port, milliseconds);
      const api = pacedApi(createAwsApi(clients, REGION), {
        accountId: "000000000000",
        rates: {},
        pace: { wait: async () => undefined, throttled: async () => undefined },
        sleep: async () => undefined,
        attemptMilliseconds: milliseconds,
      });
      try {
        const { Regions = [] } = await api.describeRegions({}, signal);
        return Regions.map(({ RegionName }) => RegionName);
      } finally {
        clients.close();
      }
    },
    // The SDK does not notice what follows a 101.
    waits: ["timeout", "unexpected-status"],
    outcomes: {
      document: ["x"],
      empty: [],
      refusal: { $metadata: expect.anything() },
      "unexpected-status": expect.anything(),
      failure: { message: expect.any(String) },
      timeout: { name: "TimeoutError" },
    },
  },
];

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (caught) {
    return caught;
  }
}

describe.each(CLIENTS)("$name", ({ document, read, waits, outcomes }) => {
  const never = new AbortController().signal;

  it.each(ODD_ANSWERS)(
    "settles within its time limit: $name",
    async (answer) => {
      await using server = await startOddServer(answer, document);
      const limit = waits.includes(answer.outcome) ? SHORT : LONG;
      const result = await outcomeOf(read(server.port, limit, never));
      expect({ result }).toMatchObject({ result: outcomes[answer.outcome] });
    },
    SETTLED,
  );

  it.each(ODD_ANSWERS.filter(({ outcome }) => waits.includes(outcome)))(
    "reacts to an abort within a second: $name",
    async (answer) => {
      await using server = await startOddServer(answer, document);
      const controller = new AbortController();
      const reading = outcomeOf(read(server.port, LONG, controller.signal));
      await server.reached;
      const start = performance.now();
      controller.abort();
      await reading;
      expect(performance.now() - start).toBeLessThan(ABORTED);
    },
  );
});

it("a launch on EC2, which nothing stops, ends with a connection that falls silent in its answer", async () => {
  const answer = ODD_ANSWERS.find(({ name }) => name === "half a document, then silence");
  if (answer === undefined) throw new Error("the table has no such answer");
  await using server = await startOddServer(answer, Buffer.from("<RunInstancesResponse/>"));
  const clients = awsClients(server.port, SHORT);
  const launching = createAwsApi(clients, REGION).runInstances({ MinCount: 1, MaxCount: 1 });
  await expect(launching).rejects.toMatchObject({ name: "TimeoutError" });
  clients.close();
});

it("a launch on EC2 is certain not to have happened if no connection was established", async () => {
  await using hole = await blackHole();
  const clients = awsClients(hole.port, SHORT);
  const launching = createAwsApi(clients, REGION).runInstances({ MinCount: 1, MaxCount: 1 });
  const caught = await outcomeOf(launching);
  expect(isOutcomeUnknown(caught)).toBe(false);
  expect(
    cloudError(caught, { operation: "RunInstances", subject: "a machine", region: REGION }),
  ).toMatchObject({ message: expect.stringContaining("AWS cannot be reached") });
  clients.close();
});

it("EC2 is not taken for what answers with a web page and a status of success", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: portal\r\n";
  const page = "<!doctype html><title>Sign in</title>";
  const bytes = () => [`${head}Content-Length: ${page.length}\r\n\r\n`, page];
  await using server = await startOddServer(
    { name: "a web page", bytes, outcome: "refusal" },
    Buffer.from(page),
  );
  const clients = awsClients(server.port, LONG);
  const launching = createAwsApi(clients, REGION).runInstances({ MinCount: 1, MaxCount: 1 });
  const caught = await outcomeOf(launching);
  // Something may have passed the launch on.
  expect(isOutcomeUnknown(caught)).toBe(true);
  expect(
    cloudError(caught, { operation: "RunInstances", subject: "a machine", region: REGION }),
  ).toMatchObject({
    reason: "CLOUD_UNAVAILABLE",
    message:
      "RunInstances in us-east-1 (a machine): a web page arrived instead of an answer (text/html from portal)",
    remedy: expect.stringMatching(/^Find out what answers in place of AWS/),
  });
  clients.close();
});
