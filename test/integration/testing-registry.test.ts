import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { expect, it } from "vitest";
import {
  type PushCredential,
  type RegistryAuth,
  type TokenServer,
  pushImage,
  startRegistry,
  startTokenServer,
  tinyImage,
  tinyMultiPlatformImage,
} from "../../testing/registry/index.ts";
import {
  type RegistryPeer,
  describeWithEngine,
  describeWithEngineAndRegistry,
  describeWithRegistry,
} from "../support/peers.ts";
import { startRealRegistry } from "../support/real-registry.ts";
import { scratchFolder } from "../support/scratch.ts";

const ROBOT = { username: "robot", password: "pass:word" };
const READER = { username: "reader", password: "r" };
const USERS = { robot: ROBOT.password, reader: { password: READER.password, push: [] } };
/** The engine's message without a credential: under Basic, and under tokens. */
const NOBODY = /no basic auth credentials|pull access denied/;
const UNAUTHENTICATED = { reason: "REGISTRY_UNAUTHENTICATED" };
const ARCHITECTURES = ["amd64", "arm64"] as const;
const AUTHENTICATIONS: readonly RegistryAuth[] = [
  { kind: "basic", users: USERS },
  { kind: "token", users: USERS },
];

/** Options for an image with a unique line: the engine does not pull a layer again that it has already. */
function fresh(): { readonly program: { readonly line: string } } {
  return { program: { line: `up, ${randomUUID()}\n` } };
}

type AuthConfig = typeof ROBOT | { readonly identitytoken: string; readonly serveraddress: string };

/** The engine's messages for a pull; an error arrives as an HTTP error or inside the stream. */
async function pull(engine: Docker, reference: string, authconfig?: AuthConfig): Promise<string> {
  try {
    return await text(await engine.pull(reference, authconfig === undefined ? {} : { authconfig }));
  } catch (caught) {
    return String(caught);
  }
}

/** Runs the image unchanged, stops it once it has written its line, and cleans up. */
async function run(engine: Docker, reference: string, platform: string) {
  const container = await engine.createContainer({ Image: reference, platform });
  try {
    const output = await container.attach({ stream: true, stdout: true });
    const written = new Promise((resolve) => output.once("data", resolve));
    await container.start();
    const line = String(await written);
    await container.stop({ t: 10 });
    const { State } = await container.inspect();
    return { line, exitCode: State.ExitCode };
  } finally {
    await container.remove({ force: true });
    await engine.getImage(reference).remove({ force: true });
  }
}

describeWithEngine("the in-process registry and the engine", (peer) => {
  const engine = new Docker({ socketPath: peer.socketPath });

  it.each(
    AUTHENTICATIONS.flatMap((auth) =>
      ARCHITECTURES.map((architecture) => [auth.kind, architecture, auth] as const),
    ),
  )("serves an image by digest, under %s, that runs on %s", async (_, architecture, auth) => {
    await using registry = await startRegistry({ auth });
    const options = fresh();
    const { pinned } = registry.add("team/app", null, tinyImage(architecture, options));
    expect(await pull(engine, pinned, ROBOT)).toContain("Downloaded newer image");
    const result = await run(engine, pinned, `linux/${architecture}`);
    expect(result.line).toContain(options.program.line);
    expect(result.exitCode).toBe(0);
    expect(registry.requests.at(-1)).toMatchObject({ authorized: true, status: 200 });
  });

  it.each(["oci", "docker"] as const)("serves an %s index by tag", async (mediaTypes) => {
    await using registry = await startRegistry();
    const { reference } = registry.add(
      "app",
      "v1",
      tinyMultiPlatformImage({ ...fresh(), mediaTypes }),
    );
    expect(await pull(engine, reference)).toContain("Downloaded newer image");
    expect(await run(engine, reference, "linux/amd64")).toMatchObject({ exitCode: 0 });
  });

  it("serves an image to an identity token", async () => {
    await using registry = await startRegistry({ auth: { kind: "token", users: USERS } });
    const { reference } = registry.add("team/app", "v1", tinyImage("amd64", fresh()));
    const identitytoken = registry.issueIdentityToken("robot");
    const auth = { identitytoken, serveraddress: registry.host };
    expect(await pull(engine, reference, auth)).toContain("Downloaded newer image");
    await engine.getImage(reference).remove();
    expect(registry.requests.find(({ target }) => target === "token")).toMatchObject({
      method: "POST",
      user: "robot",
    });
  });

  it.each(AUTHENTICATIONS)("rejects a missing and a wrong password: $kind", async (auth) => {
    await using registry = await startRegistry({ auth });
    const { reference } = registry.add("team/app", "v1", tinyImage("amd64", fresh()));
    expect(await pull(engine, reference)).toMatch(NOBODY);
    expect(await pull(engine, reference, { ...ROBOT, password: "wrong" })).toContain(
      "unauthorized",
    );
    expect(registry.requests.filter(({ target }) => target === "blob")).toEqual([]);
  });

  it.each(AUTHENTICATIONS)("accepts the engine's pushes: $kind", async (auth) => {
    await using registry = await startRegistry({ auth });
    const { reference } = registry.add("team/app", "v1", tinyImage("amd64", fresh()));
    const repo = `${registry.host}/team/pushed`;
    await pull(engine, reference, ROBOT);
    try {
      await engine.getImage(reference).tag({ repo, tag: "v2" });
      const said = await text(await engine.getImage(`${repo}:v2`).push({ authconfig: ROBOT }));
      const digest = /"Digest":"([^"]+)"/.exec(said)?.[1];
      expect(digest).toBeDefined();
      expect(registry.find("team/pushed", "v2")?.digest).toBe(digest);
    } finally {
      await engine.getImage(`${repo}:v2`).remove();
      await engine.getImage(reference).remove();
    }
  });

  it("cannot deceive the engine with altered content", async () => {
    await using registry = await startRegistry();
    const { reference } = registry.add("app", "v1", tinyImage("amd64", fresh()));
    registry.fault({ fault: { kind: "altered" }, target: "blob" });
    expect(await pull(engine, reference)).toMatch(/verification failed|invalid/i);
  });
});

describeWithRegistry("pushing to the real registry", (peer) => {
  const image = tinyMultiPlatformImage();

  function push(host: string, credential: PushCredential) {
    return pushImage({
      url: `http://${host}`,
      repository: "team/app",
      tag: "v1",
      image,
      credential,
    });
  }

  it("works with a password of its htpasswd file only", async () => {
    const users = { robot: ROBOT.password };
    await using registry = await startRealRegistry(peer, { kind: "htpasswd", users });
    const pushed = await push(registry.host, { kind: "password", ...ROBOT });
    expect(pushed.digest).toBe(image.manifest.digest);
    const wrong = { kind: "password", ...ROBOT, password: "wrong" } as const;
    await expect(push(registry.host, wrong)).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it("works with tokens of our token server that grant access", async () => {
    await using tokens = await startTokenServer({ users: USERS });
    await withTokenRegistry(peer, { tokens, trusted: tokens.certificate }, async (host) => {
      const token = tokens.issueIdentityToken("robot");
      const credentials = [
        { kind: "password", ...ROBOT },
        { kind: "identity-token", token },
      ] as const;
      for (const credential of credentials)
        expect(await push(host, credential)).toMatchObject({ digest: image.manifest.digest });
      const reader = { kind: "password", ...READER } as const;
      await expect(push(host, reader)).rejects.toMatchObject(UNAUTHENTICATED);
    });
  });

  it("fails with tokens that have expired, or that belong to another server", async () => {
    await using late = await startTokenServer({ users: USERS, honouredFor: -120 });
    await using other = await startTokenServer({ users: USERS });
    for (const tokens of [late, other])
      await withTokenRegistry(peer, { tokens, trusted: late.certificate }, async (host) => {
        const robot = { kind: "password", ...ROBOT } as const;
        await expect(push(host, robot)).rejects.toMatchObject(UNAUTHENTICATED);
      });
  });
});

describeWithEngineAndRegistry(
  "the real registry with our tokens, and the engine",
  (peer, registry) => {
    it("serve and run the image", async () => {
      const engine = new Docker({ socketPath: peer.socketPath });
      await using tokens = await startTokenServer({ users: USERS });
      await withTokenRegistry(registry, { tokens, trusted: tokens.certificate }, async (host) => {
        const { reference } = await pushImage({
          url: `http://${host}`,
          repository: "team/app",
          tag: "v1",
          image: tinyMultiPlatformImage(fresh()),
          credential: { kind: "password", ...ROBOT },
        });
        expect(await pull(engine, reference)).toMatch(NOBODY);
        expect(await pull(engine, reference, READER)).toContain("Downloaded newer image");
        expect(await run(engine, reference, "linux/amd64")).toMatchObject({ exitCode: 0 });
      });
    });
  },
);

/** A real registry that refers its clients to the token server and accepts the tokens of the trusted issuer. */
async function withTokenRegistry(
  peer: RegistryPeer,
  { tokens, trusted }: { readonly tokens: TokenServer; readonly trusted: string },
  use: (host: string) => Promise<void>,
): Promise<void> {
  using folder = scratchFolder();
  const certificatePath = join(folder.path, "certificate.pem");
  await writeFile(certificatePath, trusted);
  const { realm, service, issuer } = tokens;
  const authentication = { kind: "token", realm, service, issuer, certificatePath } as const;
  await using registry = await startRealRegistry(peer, authentication);
  await use(registry.host);
}
