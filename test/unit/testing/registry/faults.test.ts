import { describe, expect, it } from "vitest";
import { sha256Digest, startRegistry, tinyImage } from "../../../../testing/registry/index.ts";
import { INDEX, ask, basic, registryWithImage, verdict } from "./support.ts";

const MANIFEST = "/v2/team/app/manifests/v1";
const LAYER = tinyImage("amd64").layers[0]?.digest ?? "";
const BLOB = `/v2/team/app/blobs/${LAYER}`;

describe("faults", () => {
  it("affect the requests they name, with a number to skip and a number of times", async () => {
    await using registry = await registryWithImage();
    const fault = { kind: "status", status: 503 } as const;
    const handle = registry.fault({
      fault,
      target: "manifest",
      methods: ["GET"],
      skip: 1,
      times: 2,
    });
    const statuses: number[] = [];
    for (const method of ["GET", "HEAD", "GET", "GET", "GET"])
      statuses.push((await ask(registry, MANIFEST, { method })).status);
    expect(statuses).toEqual([200, 200, 503, 503, 200]);
    expect(handle.hits).toBe(2);
    expect((await ask(registry, BLOB)).status).toBe(200);
  });

  it("can name a repository, or one tag or digest", async () => {
    await using registry = await registryWithImage();
    registry.add("team/app", "v2", INDEX);
    registry.add("team/other", "v1", INDEX);
    const fault = { kind: "status", status: 500 } as const;
    const status = async (path: string) => (await ask(registry, path)).status;
    const byRepository = registry.fault({ fault, repository: "team/other" });
    expect(await status("/v2/team/other/manifests/v1")).toBe(500);
    expect(await status("/v2/")).toBe(200);
    expect(await status(MANIFEST)).toBe(200);
    byRepository.remove();
    registry.fault({ fault, reference: "v1" });
    expect(await status("/v2/team/other/manifests/v1")).toBe(500);
    expect(await status("/v2/team/app/manifests/v2")).toBe(200);
    expect(await status("/v2/")).toBe(200);
  });

  it("end when removed", async () => {
    await using registry = await registryWithImage();
    const handle = registry.fault({ fault: { kind: "status", status: 500 } });
    expect((await ask(registry, "/v2/")).status).toBe(500);
    handle.remove();
    handle.remove();
    expect((await ask(registry, "/v2/")).status).toBe(200);
  });

  it("answer with a status, headers and code", async () => {
    await using registry = await registryWithImage({ auth: { kind: "basic", users: {} } });
    registry.fault({
      fault: { kind: "status", status: 429, headers: { "Retry-After": "7" } },
      times: 1,
    });
    registry.fault({ fault: { kind: "status", status: 403, code: "DENIED" } });
    const limited = await ask(registry, MANIFEST);
    expect(limited.headers.get("retry-after")).toBe("7");
    expect(await verdict(limited)).toBe("429 TOOMANYREQUESTS");
    expect(await verdict(ask(registry, MANIFEST))).toBe("403 DENIED");
    expect(registry.requests[0]).toMatchObject({ status: 429, authorized: false });
  });

  it.each([
    ["manifest", MANIFEST],
    ["blob", BLOB],
  ] as const)("alter a %s but keep its digest and length", async (target, path) => {
    await using registry = await registryWithImage();
    const honest = new Uint8Array(await (await ask(registry, path)).arrayBuffer());
    registry.fault({ fault: { kind: "altered" }, target });
    const answer = await ask(registry, path);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(bytes.byteLength).toBe(honest.byteLength);
    expect(bytes.filter((byte, index) => byte !== honest[index])).toHaveLength(1);
    expect(answer.headers.get("docker-content-digest")).toBe(sha256Digest(honest));
  });

  it("keep an altered manifest parseable", async () => {
    await using registry = await registryWithImage();
    registry.fault({ fault: { kind: "altered" } });
    const answer = await ask(registry, MANIFEST);
    expect(await answer.json()).toMatchObject({ schemaVersion: 2 });
  });

  it("override headers of an answer", async () => {
    await using registry = await registryWithImage();
    registry.fault({ fault: { kind: "headers", headers: { "Content-Type": "text/html" } } });
    const answer = await ask(registry, MANIFEST);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html"]);
  });

  it("redirect, but not an unauthorized client", async () => {
    await using registry = await registryWithImage({
      auth: { kind: "basic", users: { robot: "pass" } },
    });
    const location = "http://elsewhere.test/blob";
    registry.fault({ fault: { kind: "redirect", location } });
    const authorization = basic("robot", "pass");
    const answer = await ask(registry, BLOB, { authorization });
    expect([answer.status, answer.headers.get("location")]).toEqual([307, location]);
    expect((await ask(registry, BLOB)).status).toBe(401);
  });

  it.each([true, false])("stream an oversized manifest (length declared: %s)", async (declared) => {
    await using registry = await registryWithImage();
    const bytes = 50_000_000;
    registry.fault({ fault: { kind: "oversized", bytes, declared }, target: "manifest" });
    const head = await ask(registry, MANIFEST, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(declared ? String(bytes) : null);
    const body = new Uint8Array(await (await ask(registry, MANIFEST)).arrayBuffer());
    expect(body.byteLength).toBe(bytes);
    expect(new TextDecoder().decode(body.subarray(0, 200)).trimEnd()).toContain("schemaVersion");
    expect(registry.requests.at(-1)?.sentBytes).toBe(bytes);
  });

  it("send no more of an oversized body than the client reads", async () => {
    await using registry = await registryWithImage();
    registry.fault({ fault: { kind: "oversized", bytes: 500_000_000 } });
    const answer = await ask(registry, MANIFEST);
    await answer.body?.cancel();
    await registry.close();
    expect(registry.requests.at(-1)?.sentBytes).toBeLessThan(100_000_000);
  });

  it("reset the connection in the middle of a body, or before any answer", async () => {
    await using registry = await registryWithImage();
    registry.fault({ fault: { kind: "reset", afterBytes: 100 }, target: "manifest" });
    registry.fault({ fault: { kind: "reset" }, target: "blob" });
    const answer = await ask(registry, MANIFEST);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow("terminated");
    expect(registry.requests[0]).toMatchObject({ status: 200, sentBytes: 100 });
    await expect(ask(registry, BLOB)).rejects.toThrow("fetch failed");
    expect(registry.requests[1]).toMatchObject({ status: null, sentBytes: 0 });
  });

  it("reset the connection after the head only", async () => {
    await using registry = await registryWithImage();
    registry.fault({ fault: { kind: "reset", afterBytes: 0 } });
    const answer = await ask(registry, MANIFEST);
    expect(answer.headers.get("docker-content-digest")).toBe(INDEX.manifest.digest);
    await expect(answer.text()).rejects.toThrow("terminated");
  });

  it("stall a body until released", async () => {
    await using registry = await registryWithImage();
    const handle = registry.fault({ fault: { kind: "stall", afterBytes: 10 }, target: "manifest" });
    const answer = await ask(registry, MANIFEST);
    await handle.reached;
    const reader = answer.body?.getReader();
    expect((await reader?.read())?.value).toHaveLength(10);
    handle.release();
    expect((await reader?.read())?.value).toHaveLength(INDEX.manifest.size - 10);
    expect((await (await ask(registry, MANIFEST)).arrayBuffer()).byteLength).toBe(
      INDEX.manifest.size,
    );
  });

  it("stall an answer before its head, and end with the registry or the client", async () => {
    const registry = await registryWithImage();
    const handle = registry.fault({ fault: { kind: "stall" } });
    const signal = AbortSignal.abort();
    await expect(fetch(registry.url, { signal })).rejects.toThrow("aborted");
    const asked = ask(registry, MANIFEST);
    await handle.reached;
    expect(registry.requests[0]).toMatchObject({ status: null, authorized: false });
    await registry.close();
    await expect(asked).rejects.toThrow("fetch failed");
  });

  it("treat a valid credential as expired", async () => {
    const users = { robot: "pass" };
    const authorization = basic("robot", "pass");
    const fault = { kind: "unauthorized" } as const;
    await using byPassword = await registryWithImage({ auth: { kind: "basic", users } });
    byPassword.fault({ fault, times: 1 });
    expect((await ask(byPassword, MANIFEST, { authorization })).status).toBe(401);
    expect((await ask(byPassword, MANIFEST, { authorization })).status).toBe(200);

    await using byToken = await registryWithImage({ auth: { kind: "token", users } });
    byToken.fault({ fault });
    const answer = await ask(byToken, MANIFEST, { authorization: "Bearer any" });
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    const path = "/token?service=test-registry";
    expect(await verdict(ask(byToken, path, { authorization }))).toBe("401 UNAUTHORIZED");
  });

  it("do not affect a rejected request if they modify successful answers", async () => {
    await using registry = await startRegistry();
    const handle = registry.fault({ fault: { kind: "altered" } });
    expect((await ask(registry, MANIFEST)).status).toBe(404);
    expect(handle.hits).toBe(0);
  });
});
