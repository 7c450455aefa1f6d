import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  endpointHost,
  parseEndpoint,
  publishedHost,
} from "../../../../../adapters/docker/client/endpoint.ts";
import { findEndpoint } from "../../../../../adapters/docker/client/endpoint-provider.ts";
import type { DockerEnvironment } from "../../../../../adapters/docker/client/endpoint-provider.ts";
import { sshArguments } from "../../../../../adapters/docker/client/ssh-agent.ts";
import { makePipe } from "../../../../support/pipe.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

describe("parseEndpoint", () => {
  it.each([
    ["unix:///run/x.sock", { kind: "unix", socketPath: "/run/x.sock" }],
    ["unix://", { kind: "unix", socketPath: "/var/run/docker.sock" }],
    ["tcp://engine.test", { kind: "tcp", host: "engine.test", port: 2375, pathPrefix: "" }],
    ["tcp://10.0.0.1:99/a/b/", { kind: "tcp", host: "10.0.0.1", port: 99, pathPrefix: "/a/b" }],
    ["tcp://[::1]:2375", { kind: "tcp", host: "::1", port: 2375 }],
    [
      "ssh://engine.test",
      { kind: "ssh", user: null, host: "engine.test", port: null, socketPath: null },
    ],
    [
      "ssh://me@engine.test:22/run/x.sock",
      { kind: "ssh", user: "me", port: 22, socketPath: "/run/x.sock" },
    ],
    ["ssh://[fe80::1]", { kind: "ssh", host: "fe80::1" }],
  ])("reads %s", (address, endpoint) => {
    expect(parseEndpoint(address, "the test")).toMatchObject(endpoint);
  });

  it.each([
    "",
    "engine",
    "http://engine",
    "npipe:////./pipe/docker_engine",
    "unix://relative.sock",
    "unix:///a\0b",
    "tcp://",
    "tcp://me@engine",
    "tcp://engine:99999",
    "tcp://engine:0",
    "tcp://engine?x=1",
    "tcp://engine#x",
    "ssh://",
    "ssh://me:password@engine",
    "ssh://-oProxyCommand=evil",
    "ssh://-l@engine",
    "ssh://engine/run/x;evil",
    "ssh://engine/run/%20x",
  ])("refuses %j", (address) => {
    expect(() => parseEndpoint(address, "the test")).toThrowError(
      expect.objectContaining({ reason: "ENGINE_CONFIGURATION_INVALID" }),
    );
  });

  it.each([
    "tcp://me:hunter2@engine",
    "tcp://hunter2@engine",
    "tcp://engine?token=hunter2",
    "tcp://engine#hunter2",
    "ssh://me:hunter2@engine",
    "ssh://me:hun ter2/hunter2@engine:x",
    "http://me:hunter2@engine",
    "me:hunter2@engine",
  ])("refuses %j without the secret in it", (address) => {
    expect(() => parseEndpoint(address, "the test")).toThrowError(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });

  it("takes the other port where there is TLS, and names the host", () => {
    const tls = { certificateAuthority: null, certificate: null, key: null, verify: true };
    const endpoint = parseEndpoint("tcp://engine.test", "the test", tls);
    expect(endpoint).toMatchObject({ port: 2376, address: "tcp://engine.test:2376", tls });
    expect(endpointHost(endpoint)).toBe("engine.test");
    expect(endpointHost(parseEndpoint("unix://", "the test"))).toBeNull();
  });

  it("gives ssh nothing that it could take for an option", () => {
    const endpoint = parseEndpoint("ssh://me@engine.test:22/run/x.sock", "the test");
    if (endpoint.kind !== "ssh") throw new Error("no ssh");
    const words = sshArguments(endpoint).join(" ");
    expect(words).toBe(
      "-o BatchMode=yes -o ConnectTimeout=30 -T -l me -p 22 -- engine.test docker --host unix:///run/x.sock system dial-stdio",
    );
  });
});

describe("findEndpoint", () => {
  /** A home with these files. */
  async function find(
    host: string | null,
    files: Readonly<Record<string, string>>,
    environment: (home: string) => DockerEnvironment = () => ({}),
  ) {
    using home = scratchFolder();
    for (const [name, text] of Object.entries(files)) {
      const path = join(home.path, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return await findEndpoint({ host, environment: environment(home.path), home: home.path });
  }

  const hash = createHash("sha256").update("remote").digest("hex");
  const META = `.docker/contexts/meta/${hash}/meta.json`;
  const KEYS = `.docker/contexts/tls/${hash}/docker`;
  const context = (Host: string, SkipTLSVerify = false) =>
    JSON.stringify({ Name: "remote", Endpoints: { docker: { Host, SkipTLSVerify } } });
  const CURRENT = { ".docker/config.json": '{"currentContext":"remote","auths":{}}' };

  it("is the default socket, with a hint, if only another engine's socket exists", async () => {
    using home = scratchFolder();
    const socket = join(home.path, ".colima/default/docker.sock");
    mkdirSync(dirname(socket), { recursive: true });
    await using server = createServer();
    await once(server.listen(socket), "listening");
    const request = { host: null, environment: {}, home: home.path };
    const absent = join(home.path, "absent.sock");
    expect(await findEndpoint({ ...request, defaultSocket: absent })).toMatchObject({
      address: `unix://${absent}`,
      problem: {
        why: `no setting names another: there is no ${absent}, but an engine's socket at ${socket}`,
        remedy: expect.stringContaining(`DOCKER_HOST=unix://${socket}`),
      },
    });
    const present = await findEndpoint({ ...request, defaultSocket: socket });
    expect(present).toMatchObject({ address: `unix://${socket}`, problem: null });
  });

  it.each([
    ["npipe:////./pipe/docker_engine", "named pipes"],
    ["http://engine:2375", "tcp://"],
    ["https://engine:2376", "DOCKER_TLS_VERIFY"],
    ["fd://", "unix:///var/run/docker.sock"],
  ])("says what to write in place of %s", async (address, remedy) => {
    await expect(find(address, {})).rejects.toMatchObject({
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: expect.stringContaining("is not supported"),
      remedy: expect.stringContaining(remedy),
    });
  });

  it("is the default socket without any setting", async () => {
    expect(await find(null, {})).toMatchObject({ address: "unix:///var/run/docker.sock" });
    expect(await find(null, { ".docker/config.json": "{}" })).toMatchObject({ kind: "unix" });
  });

  it.each([
    ["is empty", "", "config.json is empty"],
    ["is not JSON", "{s3cret", "config.json is not JSON"],
    ["has another shape", '{"currentContext":["s3cret"]}', "unexpected structure"],
    ["is a list", '["s3cret"]', "unexpected structure"],
  ])("is the default socket, with a warning, if the configuration %s", async (_what, text, why) => {
    const found = await find(null, { ".docker/config.json": text });
    expect(found).toMatchObject({
      address: "unix:///var/run/docker.sock",
      problem: { why: expect.stringContaining(why), remedy: expect.any(String) },
    });
    expect(JSON.stringify(found)).not.toContain("s3cret");
  });

  it("is the one of a configuration that ends with a second brace", async () => {
    const files = { [META]: context("unix:///context.sock") };
    const doubled = { ".docker/config.json": '{"CurrentContext":"remote"}}' };
    expect(await find(null, { ...files, ...doubled })).toMatchObject({
      address: "unix:///context.sock",
    });
  });

  it("does not depend on the configuration if the environment names the engine", async () => {
    const files = { ".docker/config.json": "{" };
    const found = await find(null, files, () => ({ DOCKER_HOST: "unix:///h.sock" }));
    expect(found).toMatchObject({ address: "unix:///h.sock" });
    expect(found.problem ?? null).toBeNull();
  });

  it.each<[string, string | null, DockerEnvironment, string]>([
    ["the placement's host", "unix:///p.sock", { DOCKER_HOST: "unix:///h.sock" }, "unix:///p.sock"],
    [
      "DOCKER_HOST before contexts",
      null,
      { DOCKER_HOST: "unix:///h.sock", DOCKER_CONTEXT: "remote" },
      "unix:///h.sock",
    ],
    // https://github.com/moby/moby/pull/10461
    ["DOCKER_HOST without a host", null, { DOCKER_HOST: "tcp://:99" }, "tcp://localhost:99"],
    ["DOCKER_HOST with a port alone", null, { DOCKER_HOST: ":99" }, "tcp://localhost:99"],
    ["DOCKER_HOST with tcp alone", null, { DOCKER_HOST: "tcp://" }, "tcp://localhost:2375"],
    ["DOCKER_HOST without a scheme", null, { DOCKER_HOST: "127.0.0.1:99" }, "tcp://127.0.0.1:99"],
    ["the named context", null, { DOCKER_CONTEXT: "remote" }, "unix:///context.sock"],
    [
      "the named default context",
      null,
      { DOCKER_CONTEXT: "default" },
      "unix:///var/run/docker.sock",
    ],
    ["the current context", null, {}, "unix:///context.sock"],
    [
      "the current context where variables are empty",
      null,
      { DOCKER_HOST: "", DOCKER_CONTEXT: "" },
      "unix:///context.sock",
    ],
  ])("is %s", async (_what, host, environment, address) => {
    const files = { ...CURRENT, [META]: context("unix:///context.sock") };
    expect(await find(host, files, () => environment)).toMatchObject({ address });
  });

  it("says how a socket's path is written", async () => {
    const path = find(null, {}, () => ({ DOCKER_HOST: "/run/x.sock" }));
    await expect(path).rejects.toMatchObject({
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: 'DOCKER_HOST: "/run/x.sock" has no scheme',
      remedy: "Write unix:///run/x.sock for a socket.",
    });
  });

  it("reads another folder than .docker where DOCKER_CONFIG says so", async () => {
    const files = { "other/config.json": '{"currentContext":"remote"}' };
    const meta = { [META.replace(".docker", "other")]: context("unix:///other.sock") };
    const environment = (home: string) => ({ DOCKER_CONFIG: join(home, "other") });
    expect(await find(null, { ...files, ...meta }, environment)).toMatchObject({
      address: "unix:///other.sock",
    });
  });

  it("takes a context's own keys", async () => {
    const files = { ...CURRENT, [META]: context("tcp://engine.test:99"), [`${KEYS}/ca.pem`]: "CA" };
    expect(await find(null, files)).toMatchObject({
      tls: { certificateAuthority: "CA", certificate: null, key: null, verify: true },
    });
    const skipping = { ...CURRENT, [META]: context("tcp://engine.test:99", true) };
    expect(await find(null, skipping)).toMatchObject({ tls: { verify: false } });
    const plain = { ...CURRENT, [META]: context("tcp://engine.test:99") };
    expect(await find(null, plain)).toMatchObject({ tls: null });
  });

  it("takes the environment's keys for a host by address, and only where it says so", async () => {
    const files = { "keys/ca.pem": "CA", "keys/cert.pem": "CERT", "keys/key.pem": "KEY" };
    const environment = (home: string) => ({
      DOCKER_CERT_PATH: join(home, "keys"),
      DOCKER_TLS_VERIFY: "1",
    });
    const tls = { certificateAuthority: "CA", certificate: "CERT", key: "KEY", verify: true };
    expect(await find("tcp://engine.test", files, environment)).toMatchObject({ tls, port: 2376 });
    expect(await find("unix:///x.sock", files, environment)).not.toHaveProperty("tls");
    const withoutVerify = (home: string) => ({ ...environment(home), DOCKER_TLS_VERIFY: "" });
    expect(await find("tcp://engine.test", files, withoutVerify)).toMatchObject({ tls: null });
  });

  it.each<[string, Readonly<Record<string, string>>, DockerEnvironment, string]>([
    [
      "a context that is not there",
      {},
      { DOCKER_CONTEXT: "../../etc" },
      'DOCKER_CONTEXT: there is no Docker context "../../etc"',
    ],
    ["a current context that is not there", CURRENT, {}, "currentContext"],
    ["a context without an engine", { ...CURRENT, [META]: "{}" }, {}, "meta.json: Endpoints"],
    [
      "a context with a bad host",
      { ...CURRENT, [META]: context("http://x") },
      {},
      'Docker context "remote"',
    ],
    ["a bad DOCKER_HOST", {}, { DOCKER_HOST: "npipe://x" }, "DOCKER_HOST"],
  ])("names %s", async (_what, files, environment, words) => {
    const failure = find(null, files, () => environment);
    await expect(failure).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: expect.stringContaining(words),
    });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining("s3cret") });
  });

  it.each<[string, Readonly<Record<string, string>>, DockerEnvironment]>([
    [".docker/config.json", {}, {}],
    [META, CURRENT, {}],
    [`${KEYS}/key.pem`, { ...CURRENT, [META]: context("tcp://engine.test:99") }, {}],
    [".docker/ca.pem", {}, { DOCKER_HOST: "tcp://engine.test:99", DOCKER_TLS_VERIFY: "1" }],
  ])("does not wait for %s where it is a pipe", async (name, files, environment) => {
    using home = scratchFolder();
    const place = (file: string): string => {
      const path = join(home.path, file);
      mkdirSync(dirname(path), { recursive: true });
      return path;
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(place(file), text);
    const pipe = makePipe(place(name));
    await expect(findEndpoint({ host: null, environment, home: home.path })).rejects.toMatchObject({
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: `${pipe} cannot be read: it is a pipe, not a regular file`,
    });
  });
});

describe("the host of a published port", () => {
  it.each([
    ["unix:///run/docker.sock", "0.0.0.0", "127.0.0.1"],
    ["unix:///run/docker.sock", "127.0.0.1", "127.0.0.1"],
    ["tcp://engine.test:2375", "0.0.0.0", "engine.test"],
    ["tcp://[2001:db8::1]:2375", "::", "2001:db8::1"],
    ["ssh://me@engine.test", "", "engine.test"],
    ["ssh://me@engine.test", "192.0.2.7", "192.0.2.7"],
  ])("of %s at %j is %s", (address, published, host) => {
    expect(publishedHost(parseEndpoint(address, "the test"), published)).toBe(host);
  });
});
