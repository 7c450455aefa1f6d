import { describe, expect, it } from "vitest";
import type { RegistryCredential } from "../../../../src/oci/credential.ts";
import { parseReference } from "../../../../src/oci/reference.ts";
import type { RegistryClient } from "../../../../src/oci/registry/contract.ts";
import {
  startRegistry,
  tinyImage,
  type RegistryAuth,
  type TestRegistry,
} from "../../../../testing/registry/index.ts";
import { asking, forever, identityToken, password, testClient } from "../support/client.ts";
import { startServer, type HttpServer } from "../support/http-server.ts";

const IMAGE = tinyImage("amd64");
const USERS = { alice: "wonderland" };
const ALICE = password("alice", "wonderland");

interface Login {
  readonly auth: RegistryAuth;
  readonly credential: (registry: TestRegistry) => RegistryCredential;
  /** The requests that the registry receives before it redirects. */
  readonly steps: readonly string[];
}

const LOGINS: Readonly<Record<string, Login>> = {
  "a password, before any login": {
    auth: { kind: "none" },
    credential: () => ALICE,
    steps: [],
  },
  "an identity token, before any login": {
    auth: { kind: "none" },
    credential: () => identityToken("alice-identity"),
    steps: [],
  },
  "a password, after a login": {
    auth: { kind: "basic", users: USERS },
    credential: () => ALICE,
    steps: ["GET manifest none 401", "GET manifest basic 200"],
  },
  "a password and a token, after a login": {
    auth: { kind: "token", users: USERS },
    credential: () => ALICE,
    steps: ["GET manifest none 401", "GET token basic 200", "GET manifest bearer 200"],
  },
  "an identity token, after a login": {
    auth: { kind: "token", users: USERS },
    credential: (registry) => identityToken(registry.issueIdentityToken("alice")),
    steps: ["GET manifest none 401", "POST token none 200", "GET manifest bearer 200"],
  },
};

interface Read {
  readonly target: "manifest" | "blob";
  readonly method: "GET" | "HEAD";
  readonly perform: (
    client: RegistryClient,
    reference: string,
    credential: RegistryCredential,
  ) => Promise<unknown>;
}

const READS: Readonly<Record<string, Read>> = {
  "the manifest": {
    target: "manifest",
    method: "GET",
    perform: (client, reference, credential) => client.getManifest(asking(reference, credential)),
  },
  "the head of the manifest": {
    target: "manifest",
    method: "HEAD",
    perform: (client, reference, credential) => client.headManifest(asking(reference, credential)),
  },
  "the configuration": {
    target: "blob",
    method: "GET",
    perform: (client, reference, credential) =>
      client.getConfig({ ...blobOf(reference, "config"), credential, signal: forever }),
  },
  "a layer": {
    target: "blob",
    method: "GET",
    perform: (client, reference, credential) =>
      client.getBlob({ ...blobOf(reference, "layer"), credential, signal: forever }),
  },
};

function blobOf(reference: string, what: "config" | "layer") {
  const { digest, bytes } = what === "config" ? IMAGE.config : firstLayer();
  const descriptor = { mediaType: "application/octet-stream", digest, size: bytes.length };
  return { repository: parseReference(reference), descriptor };
}

function firstLayer() {
  const [layer] = IMAGE.layers;
  if (layer === undefined) throw new Error("the image has no layer");
  return layer;
}

/** Demands a credential from every caller, for a token service or for itself. */
function startDemanding(challenge: string): Promise<HttpServer> {
  return startServer((_request, response) => {
    response.writeHead(401, { "www-authenticate": challenge }).end();
  });
}

/** Grants a token to every caller, and so receives every credential. */
function startCollecting(): Promise<HttpServer> {
  return startServer((_request, response) => response.end('{"token":"collected"}'));
}

const CASES = Object.entries(LOGINS).flatMap(([loginName, login]) =>
  Object.entries(READS).flatMap(([readName, read]) =>
    ["Bearer", "Basic"].map((scheme) => ({ loginName, login, readName, read, scheme })),
  ),
);

describe("a redirect target that demands a credential", () => {
  it.each(CASES)(
    "by $scheme for $readName gets none: $loginName",
    async ({ login, read, scheme }) => {
      await using collector = await startCollecting();
      const parameters = scheme === "Bearer" ? `realm="${collector.url}/token"` : "realm=store";
      await using store = await startDemanding(`${scheme} ${parameters}`);
      await using registry = await startRegistry({ auth: login.auth });
      using client = testClient();
      const credential = login.credential(registry);
      const { reference } = registry.add("team/app", "1", IMAGE);
      if (login.steps.length > 0) await client.getManifest(asking(reference, credential));
      registry.fault({
        fault: { kind: "redirect", location: `${store.url}/content` },
        target: read.target,
      });
      await expect(read.perform(client, reference, credential)).rejects.toThrow(
        expect.objectContaining({
          code: "FAILED_PRECONDITION",
          reason: "REDIRECT_REFUSED",
          retry: "never",
          message: expect.stringContaining(
            `the registry ${registry.host} redirects to ${store.host}, which demands a credential`,
          ),
          metadata: expect.objectContaining({ registry: registry.host, host: store.host }),
        }),
      );
      const known = /bearer|basic/.exec(login.steps.at(-1) ?? "")?.[0] ?? "none";
      expect(
        registry.requests.map(
          ({ method, target, authentication, status }) =>
            `${method} ${target} ${authentication} ${status}`,
        ),
      ).toEqual([...login.steps, `${read.method} ${read.target} ${known} 307`]);
      expect(store.requests).toMatchObject([{ method: read.method, url: "/content", body: "" }]);
      expect(store.requests[0]?.headers).not.toHaveProperty("authorization");
      expect(collector.requests).toEqual([]);
    },
  );
});
