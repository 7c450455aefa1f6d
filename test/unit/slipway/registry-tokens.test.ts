import { describe, expect, it } from "vitest";
import { cloudRegistry } from "../../../src/oci/cloud-registry.ts";
import type { CloudRegistry } from "../../../src/oci/cloud-registry.ts";
import type { RegistryCredential } from "../../../src/oci/credential.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import { createRegistryClient } from "../../../src/oci/registry/client.ts";
import { withRenewal } from "../../../src/oci/renewal.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { createRegistryTokens } from "../../../src/slipway/registry-tokens.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { startRegistry, tinyImage } from "../../../testing/registry/index.ts";

const signal = new AbortController().signal;
const MINUTE = 60_000;

function registryAt(host: string): CloudRegistry {
  const registry = cloudRegistry(host);
  if (registry === null) throw new Error(host);
  return registry;
}

const EAST = registryAt("123456789012.dkr.ecr.us-east-1.amazonaws.com");
const WEST = registryAt("123456789012.dkr.ecr.us-west-2.amazonaws.com");

/** Tokens of a cloud that numbers them: `token 1`, `token 2`. */
function tokensOf(lifetime: number | null) {
  const clock = createFakeClock();
  const granted: string[] = [];
  const tokens = createRegistryTokens({
    now: () => clock.now(),
    grant: async (registry) => {
      await Promise.resolve();
      granted.push(registry.service === "ECR" ? registry.region : registry.service);
      return {
        username: "AWS",
        password: new SecretValue(`token ${granted.length}`),
        expiresAt: lifetime === null ? null : clock.now() + lifetime,
      };
    },
  });
  return { clock, granted, tokens };
}

function passwordOf(credential: RegistryCredential | null | undefined): string {
  return credential?.kind === "password" ? credential.password.reveal() : "none";
}

describe("the tokens of a cloud's registries", () => {
  it("are granted once to callers that come together, and kept for those that come later", async () => {
    const { granted, tokens } = tokensOf(12 * 60 * MINUTE);
    const all = await Promise.all(Array.from({ length: 64 }, () => tokens(EAST, signal)));
    expect(new Set(all.map(passwordOf))).toEqual(new Set(["token 1"]));
    expect(passwordOf(await tokens(EAST, signal))).toBe("token 1");
    expect(granted).toEqual(["us-east-1"]);
  });

  it("are those of one region", async () => {
    const { granted, tokens } = tokensOf(12 * 60 * MINUTE);
    await Promise.all([tokens(EAST, signal), tokens(WEST, signal)]);
    expect(granted.toSorted()).toEqual(["us-east-1", "us-west-2"]);
  });

  it("are replaced half an hour before they expire", async () => {
    const { clock, granted, tokens } = tokensOf(12 * 60 * MINUTE);
    await tokens(EAST, signal);
    await clock.advance(11 * 60 * MINUTE + 29 * MINUTE);
    expect(passwordOf(await tokens(EAST, signal))).toBe("token 1");
    await clock.advance(MINUTE);
    expect(passwordOf(await tokens(EAST, signal))).toBe("token 2");
    expect(granted).toHaveLength(2);
  });

  it.each([["already expired", -60 * MINUTE] as const, ["without an expiry", null] as const])(
    "that are %s, by this machine's clock, are used for five minutes",
    async (_what, lifetime) => {
      const { clock, tokens } = tokensOf(lifetime);
      await tokens(EAST, signal);
      await clock.advance(5 * MINUTE - 1);
      expect(passwordOf(await tokens(EAST, signal))).toBe("token 1");
      await clock.advance(1);
      expect(passwordOf(await tokens(EAST, signal))).toBe("token 2");
    },
  );

  it("are replaced once if a registry refuses them, however many callers were refused", async () => {
    const { granted, tokens } = tokensOf(12 * 60 * MINUTE);
    const refused = await Promise.all(Array.from({ length: 64 }, () => tokens(EAST, signal)));
    const renewed = await Promise.all(
      refused.map(async (credential) => await credential.renew?.("unauthenticated", signal)),
    );
    expect(new Set(renewed.map(passwordOf))).toEqual(new Set(["token 2"]));
    expect(granted).toHaveLength(2);
  });

  it("are not replaced if a registry denies them just after they were granted", async () => {
    const { clock, tokens } = tokensOf(12 * 60 * MINUTE);
    const credential = await tokens(EAST, signal);
    expect(await credential.renew?.("denied", signal)).toBeNull();
    await clock.advance(MINUTE);
    expect(passwordOf(await credential.renew?.("denied", signal))).toBe("token 2");
  });

  it("that the cloud refuses fail, and the next caller asks again", async () => {
    let asked = 0;
    const tokens = createRegistryTokens({
      now: () => 0,
      grant: () => Promise.reject(new Error(`refusal ${(asked += 1)}`)),
    });
    await expect(tokens(EAST, signal)).rejects.toThrow("refusal 1");
    await expect(tokens(EAST, signal)).rejects.toThrow("refusal 2");
  });
});

describe("a refused token", () => {
  it("is replaced once and the registry is asked again; a second refusal is final", async () => {
    await using registry = await startRegistry({
      auth: { kind: "basic", users: { AWS: "token 2" } },
    });
    const { digest } = registry.add("agent", "1", tinyImage("amd64"));
    const client = createRegistryClient({
      insecure: () => true,
      userAgent: "test",
      now: () => Date.now(),
    });
    const reference = parseReference(`${registry.host}/agent:1`);
    const read = async (credential: RegistryCredential | null) =>
      await client.headManifest({ reference, credential, signal });
    const { granted, tokens } = tokensOf(12 * 60 * MINUTE);
    const first = await tokens(EAST, signal);
    expect(await withRenewal(first, signal, read)).toMatchObject({ digest });
    expect(granted).toHaveLength(2);
    const second = await tokens(EAST, signal);
    await second.renew?.("unauthenticated", signal);
    await expect(withRenewal(await tokens(EAST, signal), signal, read)).rejects.toMatchObject({
      reason: "REGISTRY_UNAUTHENTICATED",
    });
    expect(granted).toHaveLength(4);
    client.close();
  });
});
