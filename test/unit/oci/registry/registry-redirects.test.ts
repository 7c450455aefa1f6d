import { describe, expect, it } from "vitest";
import type { RegistryClient } from "../../../../src/oci/registry/contract.ts";
import { tinyImage } from "../../../../testing/registry/index.ts";
import { asking, identityToken, password, smallInternet, testClient } from "../support/client.ts";
import { type HttpServer, sendJson, startServer } from "../support/http-server.ts";

const { mediaType, digest, bytes } = tinyImage("amd64").manifest;
const ALICE = password("alice", "wonderland");
const HEADERS = { "content-type": mediaType, "docker-content-digest": digest };
const REFUSED = expect.objectContaining({
  code: "FAILED_PRECONDITION",
  reason: "REDIRECT_REFUSED",
  retry: "never",
});

/** Addresses: a public registry and its blob store, a private address, and some link-local ones. */
const NAMES = {
  "registry.test": ["127.0.0.1"],
  "store.test": ["127.0.0.1"],
  "inside.test": ["127.0.0.9"],
  "both.test": ["127.0.0.1", "127.0.0.9"],
  "link.test": ["127.0.0.99"],
  "inside-and-link.test": ["127.0.0.9", "127.0.0.99"],
  "metadata.test": ["169.254.169.254"],
};
/** Hosts on this machine's own link, by address or by name. */
const LINK_LOCAL = [
  "127.0.0.99",
  "link.test",
  "inside-and-link.test",
  "metadata.test",
  "169.254.169.254",
  "169.254.170.2",
  "0xa9fea9fe",
  "[fe80::1]",
  "[::ffff:169.254.169.254]",
  "[64:ff9b::169.254.169.254]",
  "[fd00:ec2::254]",
];
const PLACES = [
  { place: "public", host: "registry.test", address: "127.0.0.1" },
  { place: "private", host: "inside.test", address: "127.0.0.9" },
] as const;
const TO_LINK_LOCAL = PLACES.flatMap((place) => LINK_LOCAL.map((target) => ({ ...place, target })));

const LINK_LOCAL_REFUSED = expect.objectContaining({
  reason: "REDIRECT_REFUSED",
  message: expect.stringMatching(/(?:link-local|private) address/),
});

/** A public registry that requires a password and redirects its callers. */
async function sendingOn(
  location: (own: HttpServer) => string,
  status = 307,
  address = "127.0.0.1",
) {
  const server: HttpServer = await startServer(
    (request, response) => {
      if (request.headers.authorization === undefined)
        response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
      else if (request.url.startsWith("/v2/"))
        response.writeHead(status, { location: location(server) }).end();
      else response.writeHead(200, HEADERS).end(bytes);
    },
    { address },
  );
  return server;
}

/** A server that returns the manifest to every caller. */
function store(address?: string): Promise<HttpServer> {
  return startServer(
    (_request, response) => response.writeHead(200, HEADERS).end(bytes),
    address === undefined ? {} : { address },
  );
}

function get(client: RegistryClient, port: number, host = "registry.test") {
  return client.getManifest(asking(`${host}:${port}/a@${digest}`, ALICE));
}

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])(
    "to another host (%i) is followed without the credential",
    async (status) => {
      await using other = await store();
      await using registry = await sendingOn(
        () => `http://store.test:${other.port}/blob?signed=1`,
        status,
      );
      using client = testClient({ transport: smallInternet(NAMES) });
      expect(await get(client, registry.port)).toMatchObject({ digest });
      expect(other.requests).toHaveLength(1);
      expect(other.requests[0]).toMatchObject({ method: "GET", url: "/blob?signed=1" });
      expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
    },
  );

  it("to another port counts as another host", async () => {
    await using other = await store();
    await using registry = await sendingOn(() => `http://registry.test:${other.port}/x`);
    using client = testClient({ transport: smallInternet(NAMES) });
    await get(client, registry.port);
    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("on the same host keeps the credential", async () => {
    await using registry = await sendingOn(() => "/elsewhere");
    using client = testClient({ transport: smallInternet(NAMES) });
    expect(await get(client, registry.port)).toMatchObject({ digest });
    expect(registry.requests.at(-1)).toMatchObject({ url: "/elsewhere" });
    expect(registry.requests.at(-1)?.headers).toHaveProperty("authorization");
  });

  it("that returns to the first host has dropped the credential", async () => {
    await using registry = await sendingOn(() => `http://store.test:${back.port}/x`);
    await using back = await startServer((_request, response) => {
      response.writeHead(307, { location: `http://registry.test:${registry.port}/home` }).end();
    });
    using client = testClient({ transport: smallInternet(NAMES) });
    await expect(get(client, registry.port)).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_UNAUTHENTICATED" }),
    );
    expect(registry.requests.find(({ url }) => url === "/home")?.headers).not.toHaveProperty(
      "authorization",
    );
  });

  it.each<[string, (port: number) => string]>([
    ["by its name", (port) => `http://inside.test:${port}/x`],
    ["by one of its addresses", (port) => `http://both.test:${port}/x`],
    ["by its address", (port) => `http://127.0.0.9:${port}/x`],
    ["by its address in another notation", (port) => `http://0x7f.0.0.9:${port}/x`],
  ])("to a private address is refused: %s", async (_what, location) => {
    await using inside = await store("127.0.0.9");
    await using registry = await sendingOn(() => location(inside.port));
    using client = testClient({ transport: smallInternet(NAMES) });
    await expect(get(client, registry.port)).rejects.toThrow(REFUSED);
    await expect(
      client.headManifest(asking(`registry.test:${registry.port}/a:1`, ALICE)),
    ).rejects.toThrow(REFUSED);
    expect(inside.requests).toHaveLength(0);
  });

  it("to a private address is refused even over an existing connection", async () => {
    await using inside = await store("127.0.0.9");
    await using registry = await sendingOn(() => `http://inside.test:${inside.port}/x`);
    using client = testClient({ transport: smallInternet(NAMES) });
    // As a registry of its own it is allowed, and the connection stays open.
    expect(await get(client, inside.port, "inside.test")).toMatchObject({ digest });
    await expect(get(client, registry.port)).rejects.toThrow(REFUSED);
    expect(inside.requests).toHaveLength(1);
  });

  it("to a private address is followed if the registry itself is private", async () => {
    await using inside = await store("127.0.0.9");
    await using registry = await startServer(
      (_request, response) => {
        response.writeHead(307, { location: `http://inside.test:${inside.port}/x` }).end();
      },
      { address: "127.0.0.9" },
    );
    using client = testClient({ transport: smallInternet(NAMES) });
    expect(await get(client, registry.port, "inside.test")).toMatchObject({ digest });
  });

  it("to a private address is refused if a public host in the chain sends it there", async () => {
    await using inside = await store("127.0.0.9");
    await using middle = await startServer((_request, response) => {
      response.writeHead(307, { location: `http://inside.test:${inside.port}/x` }).end();
    });
    await using registry = await sendingOn(
      () => `http://store.test:${middle.port}/x`,
      307,
      "127.0.0.9",
    );
    using client = testClient({ transport: smallInternet(NAMES) });
    await expect(get(client, registry.port, "inside.test")).rejects.toThrow(REFUSED);
    expect(middle.requests).toHaveLength(1);
    expect(inside.requests).toHaveLength(0);
  });

  it.each(TO_LINK_LOCAL)(
    "of a $place registry to a link-local address is refused: $target",
    async ({ host, address, target }) => {
      await using link = await store("127.0.0.99");
      await using registry = await sendingOn(() => `http://${target}:${link.port}/x`, 307, address);
      using client = testClient({ transport: smallInternet(NAMES) });
      await expect(get(client, registry.port, host)).rejects.toThrow(LINK_LOCAL_REFUSED);
      expect(link.requests).toHaveLength(0);
    },
  );

  it("to a link-local address is refused even over an existing connection", async () => {
    await using link = await sendingOn(() => "/elsewhere", 307, "127.0.0.99");
    await using registry = await sendingOn(
      () => `http://link.test:${link.port}/elsewhere`,
      307,
      "127.0.0.9",
    );
    using client = testClient({ transport: smallInternet(NAMES) });
    // The user may name such a registry, but even that registry must not redirect to such an address.
    await expect(get(client, link.port, "link.test")).rejects.toThrow(LINK_LOCAL_REFUSED);
    await expect(get(client, registry.port, "inside.test")).rejects.toThrow(LINK_LOCAL_REFUSED);
    expect(link.requests.map(({ url }) => url)).toEqual(
      [1, 2].map(() => `/v2/a/manifests/${digest}`),
    );
  });

  it.each([
    ["another scheme", "file:///etc/passwd", "file:"],
    ["a user name", "http://u:p@store.test/x", "user name"],
    ["no address", "http://[", "malformed"],
    ["itself, endlessly", "/v2/again", "redirects in a loop"],
  ])("to %s is refused", async (_what, location, why) => {
    await using registry = await sendingOn(() => location);
    using client = testClient({ transport: smallInternet(NAMES) });
    await expect(get(client, registry.port)).rejects.toThrow(
      expect.objectContaining({
        reason: "REDIRECT_REFUSED",
        message: expect.stringContaining(why),
      }),
    );
    expect(registry.requests.length).toBeLessThan(10);
  });

  it("without an address violates the specification", async () => {
    await using registry = await startServer((_request, response) => response.writeHead(302).end());
    using client = testClient();
    await expect(client.getManifest(asking(`${registry.host}/a:1`))).rejects.toThrow(
      expect.objectContaining({ reason: "REGISTRY_PROTOCOL" }),
    );
  });
});

describe("a realm", () => {
  /** A public registry with a token service at another address. */
  function challenging(realm: string, address?: string): Promise<HttpServer> {
    return startServer(
      (_request, response) => {
        response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
      },
      address === undefined ? {} : { address },
    );
  }

  function tokens(address?: string): Promise<HttpServer> {
    return startServer(
      (_request, response) => sendJson(response, { token: "t" }),
      address === undefined ? {} : { address },
    );
  }

  it("at a private address gets neither password nor token", async () => {
    await using inside = await tokens("127.0.0.9");
    for (const host of ["inside.test", "both.test", "127.0.0.9"]) {
      await using registry = await challenging(`http://${host}:${inside.port}/token`);
      using client = testClient({ transport: smallInternet(NAMES) });
      for (const credential of [ALICE, identityToken("t"), null])
        await expect(
          client.getManifest(asking(`registry.test:${registry.port}/a:1`, credential)),
        ).rejects.toThrow(REFUSED);
    }
    expect(inside.requests).toHaveLength(0);
  });

  it("at a private address is used if the registry is private too", async () => {
    await using inside = await tokens("127.0.0.9");
    await using registry = await challenging(`http://127.0.0.9:${inside.port}/token`, "127.0.0.9");
    using client = testClient({ transport: smallInternet(NAMES) });
    await expect(
      client.getManifest(asking(`inside.test:${registry.port}/a:1`, ALICE)),
    ).rejects.toThrow(expect.objectContaining({ reason: "REGISTRY_UNAUTHENTICATED" }));
    expect(inside.requests).toHaveLength(1);
  });

  it.each(TO_LINK_LOCAL)(
    "of a $place registry at a link-local address gets neither password nor token: $target",
    async ({ host, address, target }) => {
      await using link = await tokens("127.0.0.99");
      await using registry = await challenging(`http://${target}:${link.port}/token`, address);
      using client = testClient({ transport: smallInternet(NAMES) });
      for (const credential of [ALICE, identityToken("t"), null])
        await expect(
          client.getManifest(asking(`${host}:${registry.port}/a:1`, credential)),
        ).rejects.toThrow(LINK_LOCAL_REFUSED);
      expect(link.requests).toHaveLength(0);
    },
  );

  it("that redirects to a link-local address is not followed, even if all hosts are private", async () => {
    await using link = await tokens("127.0.0.99");
    await using service = await startServer(
      (_request, response) => {
        response.writeHead(307, { location: `http://link.test:${link.port}/token` }).end();
      },
      { address: "127.0.0.9" },
    );
    await using registry = await challenging(`http://127.0.0.9:${service.port}/token`, "127.0.0.9");
    using client = testClient({ transport: smallInternet(NAMES) });
    await expect(
      client.getManifest(asking(`inside.test:${registry.port}/a:1`, ALICE)),
    ).rejects.toThrow(LINK_LOCAL_REFUSED);
    expect(service.requests).toHaveLength(1);
    expect(link.requests).toHaveLength(0);
  });

  it.each(PLACES)(
    "at another host is used, because registries have separate token services ($place)",
    async ({ host, address }) => {
      await using service = await tokens();
      await using registry = await startServer(
        ({ headers }, response) => {
          const realm = `http://store.test:${service.port}/token`;
          if (headers.authorization === "Bearer t") response.writeHead(200, HEADERS).end(bytes);
          else response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
        },
        { address },
      );
      using client = testClient({ transport: smallInternet(NAMES) });
      expect(await get(client, registry.port, host)).toMatchObject({ digest });
      expect(service.requests).toMatchObject([{ method: "GET" }]);
      expect(service.requests[0]?.headers).toHaveProperty("authorization");
    },
  );

  it("that redirects loses the password, and a form is not sent on at all", async () => {
    await using second = await tokens();
    await using first = await startServer((_request, response) => {
      response.writeHead(307, { location: `http://store.test:${second.port}/token` }).end();
    });
    await using registry = await challenging(`http://store.test:${first.port}/token`);
    using client = testClient({ transport: smallInternet(NAMES) });
    const name = `registry.test:${registry.port}/a:1`;
    await expect(client.getManifest(asking(name, ALICE))).rejects.toThrow("refused the credential");
    expect(first.requests[0]?.headers).toHaveProperty("authorization");
    expect(second.requests[0]?.headers).not.toHaveProperty("authorization");
    await expect(client.getManifest(asking(name, identityToken("secret-token")))).rejects.toThrow(
      REFUSED,
    );
    expect(second.requests).toHaveLength(1);
  });

  it.each(["ftp://store.test/token", "http://u:p@store.test/token"])(
    "is not used at %s",
    async (realm) => {
      await using registry = await challenging(realm);
      using client = testClient({ transport: smallInternet(NAMES) });
      await expect(
        client.getManifest(asking(`registry.test:${registry.port}/a:1`, ALICE)),
      ).rejects.toThrow(REFUSED);
    },
  );
});
