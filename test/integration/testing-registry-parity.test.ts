import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  type BuiltImage,
  MEDIA_TYPES,
  pushImage,
  startRegistry,
  startTokenServer,
  tinyImage,
  tinyMultiPlatformImage,
} from "../../testing/registry/index.ts";
import { describeWithRegistry } from "../support/peers.ts";
import { startRealRegistry } from "../support/real-registry.ts";
import { scratchFolder } from "../support/scratch.ts";

const USERS = { robot: "pass" };
const CREDENTIAL = { kind: "password", username: "robot", password: "pass" } as const;
const AUTHORIZATION = `Basic ${Buffer.from("robot:pass").toString("base64")}`;
const INDEX = tinyMultiPlatformImage();
const DOCKER_IMAGE = tinyImage("amd64", { mediaTypes: "docker" });
const STRANGER: BuiltImage = tinyImage("amd64", { config: { User: "stranger" } });
const LAYER = DOCKER_IMAGE.layers[0]?.digest ?? "";
const ABSENT = `sha256:${"0".repeat(64)}`;
const EVERYTHING = Object.values(MEDIA_TYPES)
  .flatMap((types) => [types.index, types.manifest])
  .join(", ");

interface Question {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const put = (name: string, image: BuiltImage, more: Partial<Question> = {}): Question => ({
  name,
  method: "PUT",
  path: "/v2/team/app/manifests/new",
  headers: { "Content-Type": image.manifest.mediaType },
  body: image.manifest.bytes,
  ...more,
});

const QUESTIONS: readonly Question[] = [
  { name: "ping", path: "/v2/" },
  { name: "index by tag", path: "/v2/team/app/manifests/v1" },
  { name: "index by digest", path: `/v2/team/app/manifests/${INDEX.manifest.digest}` },
  { name: "head of a manifest", method: "HEAD", path: "/v2/team/app/manifests/v1" },
  { name: "OCI not accepted", path: "/v2/team/app/manifests/v1", headers: { Accept: "a/b" } },
  {
    name: "Docker by digest, not accepted",
    path: `/v2/team/app/manifests/${DOCKER_IMAGE.manifest.digest}`,
    headers: { Accept: "a/b" },
  },
  { name: "absent tag", path: "/v2/team/app/manifests/v9" },
  { name: "absent digest", path: `/v2/team/app/manifests/${ABSENT}` },
  { name: "absent repository", path: "/v2/team/none/manifests/v1" },
  { name: "tags", path: "/v2/team/app/tags/list" },
  { name: "tags of an absent repository", path: "/v2/team/none/tags/list" },
  { name: "blob", path: `/v2/team/app/blobs/${LAYER}` },
  { name: "head of a blob", method: "HEAD", path: `/v2/team/app/blobs/${LAYER}` },
  { name: "part", path: `/v2/team/app/blobs/${LAYER}`, headers: { Range: "bytes=3-9" } },
  { name: "rest", path: `/v2/team/app/blobs/${LAYER}`, headers: { Range: "bytes=9-" } },
  { name: "absent blob", path: `/v2/team/app/blobs/${ABSENT}` },
  { name: "blob elsewhere", path: `/v2/team/none/blobs/${LAYER}` },
  put("manifest", DOCKER_IMAGE),
  put("manifest with absent blobs", STRANGER),
  put("manifest under a digest of another", DOCKER_IMAGE, {
    path: `/v2/team/app/manifests/${ABSENT}`,
  }),
  put("manifest that is not JSON", DOCKER_IMAGE, { body: "{" }),
  put("manifest of an unknown type", DOCKER_IMAGE, { headers: { "Content-Type": "text/plain" } }),
  { name: "begin", method: "POST", path: "/v2/team/app/blobs/uploads/" },
  { name: "mount", method: "POST", path: `/v2/team/b/blobs/uploads/?mount=${LAYER}&from=team/app` },
  {
    name: "mount of an absent blob",
    method: "POST",
    path: `/v2/team/b/blobs/uploads/?mount=${ABSENT}&from=team/app`,
  },
];

/** What a client depends on: status, error codes, the protocol's headers, and the body if it is content. */
async function answerOf(url: string, { method = "GET", path, headers, body }: Question) {
  const answer = await fetch(url + path, {
    method,
    headers: { Accept: EVERYTHING, Authorization: AUTHORIZATION, ...headers },
    ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
  });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const isContent = answer.headers.has("docker-content-digest");
  const named = ["docker-content-digest", "content-range", "docker-distribution-api-version"];
  return {
    status: answer.status,
    codes: [...text.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code),
    headers: named.map((name) => answer.headers.get(name)),
    type: isContent && method !== "PUT" ? answer.headers.get("content-type") : null,
    length: isContent && method === "HEAD" ? answer.headers.get("content-length") : null,
    sha256: isContent ? createHash("sha256").update(bytes).digest("hex") : null,
    location: answer.headers
      .get("location")
      ?.replace(url, "")
      .replace(/uploads\/.*/, "uploads/ID"),
  };
}

describeWithRegistry("the in-process registry and the real one", (peer) => {
  it.each(QUESTIONS)("give the same answer: $name", async (question) => {
    await using ours = await startRegistry({ auth: { kind: "basic", users: USERS } });
    await using real = await startRealRegistry(peer, { kind: "htpasswd", users: USERS });
    const urls = [ours.url, `http://${real.host}`];
    const answers = [];
    for (const url of urls) {
      const target = { url, repository: "team/app", credential: CREDENTIAL };
      await pushImage({ ...target, tag: "v1", image: INDEX });
      await pushImage({ ...target, tag: "docker", image: DOCKER_IMAGE });
      answers.push(await answerOf(url, question));
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it("send the same challenge without a token, with an invalid one and with one that grants nothing", async () => {
    await using tokens = await startTokenServer({ users: USERS });
    using folder = scratchFolder();
    const certificatePath = join(folder.path, "certificate.pem");
    await writeFile(certificatePath, tokens.certificate);
    const { realm, service, issuer } = tokens;
    await using real = await startRealRegistry(peer, {
      kind: "token",
      realm,
      service,
      issuer,
      certificatePath,
    });
    await using ours = await startRegistry({ auth: { kind: "token", users: USERS, service } });
    const ourRealm = `${ours.url}/token`;
    const asked = [
      ["GET", "/v2/"],
      ["GET", "/v2/team/app/manifests/v1"],
      ["POST", "/v2/team/app/blobs/uploads/"],
    ] as const;
    const challenges = async (url: string, tokenUrl: string) => {
      const empty = await tokenOf(`${tokenUrl}?service=${service}`);
      const found: (string | undefined)[] = [];
      for (const authorization of [null, "Bearer bad", `Bearer ${empty}`])
        for (const [method, path] of asked) {
          const headers: Record<string, string> = authorization === null ? {} : { authorization };
          const answer = await fetch(url + path, { method, headers });
          const challenge = answer.headers.get("www-authenticate")?.replace(tokenUrl, "REALM");
          found.push(`${answer.status} ${challenge?.replace(/[a-z]+(?:,[a-z]+)+/g, inOrder)}`);
        }
      return found;
    };
    const expected = await challenges(`http://${real.host}`, realm);
    expect(await challenges(ours.url, ourRealm)).toEqual(expected);
    expect(expected[1]).toContain('scope="repository:team/app:pull"');
  });
});

/** The real registry keeps a scope's actions in a Go map, and lists them in varying order. */
function inOrder(actions: string): string {
  return actions.split(",").toSorted().join(",");
}

async function tokenOf(url: string): Promise<string> {
  const document: unknown = await (await fetch(url)).json();
  return new Map<string, unknown>(Object.entries(document ?? {})).get("token")?.toString() ?? "";
}
