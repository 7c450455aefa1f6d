import { describe, expect, it } from "vitest";
import type { RegistryCredential } from "../../../../src/oci/credential.ts";
import { SecretValue } from "../../../../src/secret-value.ts";
import { asking, testClient } from "../support/client.ts";
import {
  challengeReply,
  IMAGE,
  manifestReply,
  NAME,
  playHosts,
} from "../support/public-registry.ts";

const TOKEN: RegistryCredential = {
  kind: "registry-token",
  registryToken: new SecretValue("jwt-12345"),
};

describe("a registry token", () => {
  async function read(challenge: string, accepted = "Bearer jwt-12345") {
    using hosts = playHosts(({ authorization }) =>
      authorization === accepted ? manifestReply() : challengeReply(challenge),
    );
    using client = testClient({ insecure: () => false });
    const result: unknown = await client
      .getManifest(asking(NAME, TOKEN))
      .catch((caught: unknown) => caught);
    return { result, hosts: hosts.requests.map(({ url }) => url.host) };
  }
  const BEARER = 'Bearer realm="https://auth.example.com/token",service="registry"';

  it("answers a bearer challenge, and no token service sees it", async () => {
    const { result, hosts } = await read(BEARER);
    expect(result).toMatchObject({ digest: IMAGE.manifest.digest });
    expect(new Set(hosts)).toEqual(new Set(["registry.example.com"]));
  });

  it("is refused once", async () => {
    const { result, hosts } = await read(BEARER, "another");
    expect(result).toMatchObject({ reason: "REGISTRY_UNAUTHENTICATED" });
    expect(JSON.stringify(result)).not.toContain("jwt-12345");
    expect(hosts.length).toBeLessThanOrEqual(3);
  });

  it("is not sent as a password", async () => {
    const { result, hosts } = await read('Basic realm="registry"');
    expect(result).toMatchObject({
      reason: "REGISTRY_UNAUTHENTICATED",
      message: expect.stringContaining("takes a user name and a password, not a registry token"),
    });
    expect(hosts).toHaveLength(1);
  });
});
