import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { pushImage, tinyImage, tinyMultiPlatformImage } from "../../../testing/registry/index.ts";
import { describeWithRegistry } from "../../support/peers.ts";
import { basicAuthorization, startRealRegistry } from "../../support/real-registry.ts";

describeWithRegistry("the real registry", (peer) => {
  it("wants a password of its htpasswd file", async () => {
    const users = { captain: "pass:word with ünïcode" };
    await using registry = await startRealRegistry(peer, { kind: "htpasswd", users });
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`http://${registry.host}/v2/`, { headers })).status;
    expect(await ask({})).toBe(401);
    expect(await ask({ authorization: basicAuthorization("captain", "other") })).toBe(401);
    expect(await ask({ authorization: basicAuthorization("captain", users.captain) })).toBe(200);
  });

  it("keeps what is pushed, by tag and by digest, and shows where", async () => {
    const users = { captain: "secret" };
    await using registry = await startRealRegistry(peer, { kind: "htpasswd", users });
    const authorization = basicAuthorization("captain", "secret");
    const { digest } = await pushImage({
      url: `http://${registry.host}`,
      repository: "team/tool",
      tag: "1.0",
      image: tinyMultiPlatformImage(),
      credential: { kind: "password", username: "captain", password: "secret" },
    });
    for (const name of ["1.0", digest]) {
      const url = `http://${registry.host}/v2/team/tool/manifests/${name}`;
      const accept = "application/vnd.oci.image.index.v1+json";
      const answer = await fetch(url, { headers: { authorization, accept } });
      expect(answer.headers.get("docker-content-digest")).toBe(digest);
    }
    expect(await readFile(registry.contentFile(digest), "utf8")).toContain(
      tinyImage("arm64").manifest.digest,
    );
  });

  it("reports which requests it answered", async () => {
    await using registry = await startRealRegistry(peer, { kind: "none" });
    await fetch(`http://${registry.host}/v2/no/manifests/1?n=1`, {
      method: "HEAD",
      headers: { "user-agent": "me" },
    });
    await fetch(`http://${registry.host}/v2/`, { headers: { "user-agent": "me" } });
    const expected = [
      { method: "HEAD", path: "/v2/no/manifests/1?n=1", status: 404, userAgent: "me" },
      { method: "GET", path: "/v2/", status: 200, userAgent: "me" },
    ];
    expect(await registry.requests()).toEqual(expected);
    expect(await registry.requests()).toEqual(expected);
  });

  it("stops, and says why when it does not start", async () => {
    const registry = await startRealRegistry(peer, { kind: "none" });
    await registry.stop();
    await registry.stop();
    await expect(fetch(`http://${registry.host}/v2/`)).rejects.toThrow("fetch failed");
    const token = { realm: "r", service: "s", issuer: "i", certificatePath: "/absent.pem" };
    const starting = startRealRegistry(peer, { kind: "token", ...token });
    await expect(starting).rejects.toThrow(/ended while starting[^]*absent\.pem/);
  });
});
