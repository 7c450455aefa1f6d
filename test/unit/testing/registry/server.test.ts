import { describe, expect, it } from "vitest";
import {
  buildImage,
  certificatePem,
  selfSignedCertificate,
  startRegistry,
  tinyImage,
} from "../../../../testing/registry/index.ts";
import { generateKeyPairSync } from "node:crypto";
import { request } from "node:https";
import { ACCEPT, INDEX, ask, basic, registryWithImage, verdict } from "./support.ts";

const AMD64 = tinyImage("amd64");

describe("startRegistry", () => {
  it("announces version 2 of the API", async () => {
    await using registry = await startRegistry();
    const answer = await ask(registry, "/v2/");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  });

  it("names an added image and finds it", async () => {
    await using registry = await startRegistry();
    const added = registry.add("team/app", "v1", INDEX);
    const { digest } = INDEX.manifest;
    expect(added).toEqual({
      digest,
      reference: `${registry.host}/team/app:v1`,
      pinned: `${registry.host}/team/app@${digest}`,
    });
    expect(registry.add("team/app", null, AMD64).reference).toMatch(/app@sha256:/);
    expect(registry.find("team/app", "v1")).toEqual(INDEX.manifest);
    expect(registry.find("team/app", "v2")).toBeNull();
    expect(registry.find("team/other", "v1")).toBeNull();
  });

  it.each([
    ["Team/app", "v1"],
    ["team//app", "v1"],
    ["team/app", "-v1"],
    ["team/app", "v1/x"],
  ])("rejects the image name %s:%s", async (repository, tag) => {
    await using registry = await startRegistry();
    expect(() => registry.add(repository, tag, AMD64)).toThrow(
      expect.objectContaining({ reason: "INVALID_INPUT" }),
    );
  });

  it("names the port that is not available", async () => {
    await using registry = await startRegistry();
    const port = Number(new URL(registry.url).port);
    await expect(startRegistry({ port })).rejects.toMatchObject({ reason: "PORT_UNAVAILABLE" });
  });

  it("stops at once, even with an open connection, and can be stopped twice", async () => {
    const registry = await registryWithImage();
    await ask(registry, "/v2/");
    await registry.close();
    await registry.close();
    await expect(ask(registry, "/v2/")).rejects.toThrow("fetch failed");
  });

  it("records requests without credentials", async () => {
    await using registry = await registryWithImage({
      auth: { kind: "basic", users: { robot: "hush" } },
    });
    await ask(registry, "/v2/team/app/manifests/v1?x=y");
    await ask(registry, "/v2/team/app/manifests/v1", { authorization: basic("robot", "hush") });
    await ask(registry, "/v2/team/app/manifests/v1", { authorization: basic("robot", "wrong") });
    const common = {
      method: "GET",
      path: "/v2/team/app/manifests/v1",
      target: "manifest",
      repository: "team/app",
      reference: "v1",
      scopes: [],
    };
    expect(registry.requests).toMatchObject([
      { ...common, authentication: "none", user: null, authorized: false, status: 401 },
      {
        ...common,
        authentication: "basic",
        user: "robot",
        authorized: true,
        status: 200,
        sentBytes: INDEX.manifest.size,
      },
      { ...common, authentication: "basic", user: null, authorized: false, status: 401 },
    ]);
    const kept = JSON.stringify(registry.requests);
    expect(kept).not.toContain("hush");
    expect(kept).not.toContain(basic("robot", "hush").slice("Basic ".length));
  });

  it("serves HTTPS with a given certificate", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const certificate = certificatePem(
      selfSignedCertificate({
        privateKey,
        commonName: "test",
        names: ["127.0.0.1"],
        now: Date.now(),
      }),
    );
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    await using registry = await startRegistry({ tls: { key, certificate } });
    const status = await new Promise((resolve, reject) => {
      request(`${registry.url}/v2/`, { ca: certificate, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(200);
    expect(registry.url).toMatch(/^https:/);
  });
});

describe("manifests", () => {
  it.each([
    ["a tag", "v1"],
    ["a digest", INDEX.manifest.digest],
  ])("can be read by %s, and by HEAD without a body", async (_, reference) => {
    await using registry = await registryWithImage();
    const path = `/v2/team/app/manifests/${reference}`;
    const answer = await ask(registry, path);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(INDEX.manifest.bytes);
    const head = await ask(registry, path, { method: "HEAD" });
    expect(await head.text()).toBe("");
    expect(registry.requests.at(-1)).toMatchObject({ method: "HEAD", status: 200, sentBytes: 0 });
    for (const { headers } of [answer, head]) {
      expect(headers.get("content-type")).toBe(ACCEPT);
      expect(headers.get("docker-content-digest")).toBe(INDEX.manifest.digest);
      expect(headers.get("content-length")).toBe(String(INDEX.manifest.size));
    }
  });

  it("are not served to a client that does not accept their type", async () => {
    await using registry = await registryWithImage();
    const docker = tinyImage("amd64", { mediaTypes: "docker" });
    registry.add("team/docker", "v1", docker);
    const headers = { Accept: "application/json, text/plain" };
    const read = (path: string) => verdict(ask(registry, path, { headers }));
    expect(await read("/v2/team/app/manifests/v1")).toBe("404 MANIFEST_UNKNOWN");
    expect(await read(`/v2/team/app/manifests/${INDEX.manifest.digest}`)).toMatch(/^404/);
    expect(await read("/v2/team/docker/manifests/v1")).toBe("404 MANIFEST_UNKNOWN");
    expect(await read(`/v2/team/docker/manifests/${docker.manifest.digest}`)).toBe("200");
    headers.Accept = `text/plain;q=0.5, ${docker.manifest.mediaType};q=1`;
    expect(await read("/v2/team/docker/manifests/v1")).toBe("200");
  });

  it.each([
    ["/v2/team/app/manifests/v2", "404 MANIFEST_UNKNOWN"],
    ["/v2/team/other/manifests/v1", "404 MANIFEST_UNKNOWN"],
    [`/v2/team/app/manifests/sha256:${"0".repeat(64)}`, "404 MANIFEST_UNKNOWN"],
    ["/v2/Team/app/manifests/v1", "400 NAME_INVALID"],
    ["/v2/team/app/tags/list", "200"],
    ["/v2/team/other/tags/list", "404 NAME_UNKNOWN"],
    ["/v2/%E0%A4%A/manifests/v1", "400 NAME_INVALID"],
    ["/v2/_catalog", "404 UNSUPPORTED"],
    ["/v1/", "404 UNSUPPORTED"],
    ["/token", "404 UNSUPPORTED"],
  ])("or other paths: GET %s returns %s", async (path, expected) => {
    await using registry = await registryWithImage();
    expect(await verdict(ask(registry, path))).toBe(expected);
  });

  it.each(["manifests/v1", "blobs/x", "tags/list", "blobs/uploads/"])(
    "reject another method: DELETE %s",
    async (path) => {
      await using registry = await registryWithImage();
      const answer = ask(registry, `/v2/team/app/${path}`, { method: "DELETE" });
      expect(await verdict(answer)).toBe("405 UNSUPPORTED");
    },
  );

  it("have tags that are listed in order, in pages", async () => {
    await using registry = await startRegistry();
    for (const tag of ["b", "c", "a"]) registry.add("team/app", tag, AMD64);
    const list = "/v2/team/app/tags/list";
    expect(await (await ask(registry, list)).json()).toEqual({
      name: "team/app",
      tags: ["a", "b", "c"],
    });
    const first = await ask(registry, `${list}?n=2`);
    expect(await first.json()).toMatchObject({ tags: ["a", "b"] });
    const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const second = await ask(registry, next);
    expect(await second.json()).toMatchObject({ tags: ["c"] });
    expect(second.headers.get("link")).toBeNull();
    expect(await verdict(ask(registry, `${list}?n=-1`))).toBe("400 UNSUPPORTED");
  });
});

describe("putting manifests", () => {
  async function put(
    body: Uint8Array | string,
    options: { reference?: string; mediaType?: string } = {},
  ) {
    await using registry = await registryWithImage();
    const answer = await ask(registry, `/v2/team/app/manifests/${options.reference ?? "new"}`, {
      method: "PUT",
      headers: { "Content-Type": options.mediaType ?? AMD64.manifest.mediaType },
      body,
    });
    const text = await answer.clone().text();
    return {
      verdict: await verdict(answer),
      answer,
      text,
      found: registry.find("team/app", "new"),
    };
  }

  it("accepts one whose blobs exist, and keeps its bytes", async () => {
    const { answer, found } = await put(AMD64.manifest.bytes);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("docker-content-digest")).toBe(AMD64.manifest.digest);
    expect(answer.headers.get("location")).toContain(`/manifests/${AMD64.manifest.digest}`);
    expect(found).toEqual(AMD64.manifest);
  });

  it("rejects a digest that does not match", async () => {
    const reference = INDEX.manifest.digest;
    expect((await put(AMD64.manifest.bytes, { reference })).verdict).toBe("400 DIGEST_INVALID");
  });

  it("rejects one whose blobs or images are missing", async () => {
    const stranger = buildImage({ platform: { os: "linux", architecture: "s390x" }, layers: [] });
    expect((await put(stranger.manifest.bytes)).verdict).toBe("400 MANIFEST_BLOB_UNKNOWN");
    const bytes = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ ...stranger.config, bytes: 0 }],
    });
    const mediaType = INDEX.manifest.mediaType;
    expect((await put(bytes, { mediaType })).verdict).toBe("400 MANIFEST_BLOB_UNKNOWN");
  });

  it.each([
    ["invalid JSON", "{", "not a JSON object"],
    ["an array", "[]", "not a JSON object"],
    ["another schema", '{"schemaVersion":1,"config":{},"layers":[]}', "schemaVersion"],
    ["no layers", '{"schemaVersion":2,"config":{}}', "no list of blobs"],
    [
      "an invalid descriptor",
      '{"schemaVersion":2,"config":{"digest":"x"},"layers":[]}',
      "descriptor",
    ],
    [
      "another media type",
      `{"schemaVersion":2,"mediaType":"${INDEX.manifest.mediaType}"}`,
      "Content-Type",
    ],
  ])("rejects %s with a reason", async (_, body, words) => {
    const refused = await put(body);
    expect(refused.verdict).toBe("400 MANIFEST_INVALID");
    expect(refused.text).toContain(words);
  });

  it("rejects unknown media types, invalid tags, and more than 4 MiB", async () => {
    const { bytes } = AMD64.manifest;
    expect((await put(bytes, { mediaType: "text/plain" })).verdict).toBe("400 MANIFEST_INVALID");
    expect((await put(bytes, { reference: ".new" })).verdict).toBe("400 TAG_INVALID");
    for (const size of [4 * 1024 * 1024 + 1, 16 * 1024 * 1024])
      expect((await put(new Uint8Array(size))).verdict).toBe("413 SIZE_INVALID");
  });
});
