import { describe, expect, it } from "vitest";
import type { RegistryCredential } from "../../../../src/oci/credential.ts";
import { asking, password, testClient } from "../support/client.ts";
import { errorReply, NAME, playHosts } from "../support/public-registry.ts";

const SECURE = { insecure: () => false };

function refusal(code: string, message: string) {
  return { errors: [{ code, message }] };
}

describe("a demand for a credential", () => {
  it("keeps its words beside a challenge for Basic that no credential answers", async () => {
    const document = refusal("UNAUTHORIZED", "your subscription has expired");
    const headers = { "www-authenticate": 'Basic realm="registry"' };
    using hosts = playHosts(() => errorReply(401, document, headers));
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_UNAUTHENTICATED",
        message: expect.stringMatching(
          /refused the request without a credential: status 401 \(UNAUTHORIZED\): your subscription has expired$/,
        ),
        remedy: expect.stringMatching(/^Settle what the registry's message names/),
      }),
    );
    expect(hosts.requests).toHaveLength(1);
  });

  it.each<[RegistryCredential | null, unknown, RegExp, RegExp]>([
    [
      null,
      refusal("UNAUTHORIZED", "authentication required"),
      /requires a credential, and none is available: status 401 \(UNAUTHORIZED\)/,
      /^Store a pull secret for registry\.example\.com/,
    ],
    [
      null,
      refusal("UNAUTHORIZED", "the subscription of this organization has ended"),
      /refused the request without a credential: status 401 \(UNAUTHORIZED\): the subscription of this organization has ended$/,
      /^Settle what the registry's message names\. If it names no cause: Store a pull secret/,
    ],
    [
      password("robot", "sesame"),
      refusal("UNAUTHORIZED", "billing is not enabled for this account"),
      /refused the credential: status 401 \(UNAUTHORIZED\): billing is not enabled for this account$/,
      /^Settle what the registry's message names\. If it names no cause: Check the user name/,
    ],
    [
      password("robot", "sesame"),
      refusal("UNAUTHORIZED", ""),
      /refused the credential: status 401 \(UNAUTHORIZED\)$/,
      /^Check the user name/,
    ],
  ])("keeps its words (%#)", async (credential, document, message, remedy) => {
    using _hosts = playHosts(({ url }) =>
      url.pathname === "/v2/" ? new Response(null, { status: 401 }) : errorReply(401, document),
    );
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME, credential))).rejects.toThrow(
      expect.objectContaining({
        code: "UNAUTHENTICATED",
        reason: "REGISTRY_UNAUTHENTICATED",
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      }),
    );
  });
});
