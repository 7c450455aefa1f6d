import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type TestRegistry, startRegistry, tinyImage } from "../../../../testing/registry/index.ts";
import { ask, registryWithImage, verdict } from "./support.ts";

const LAYER = tinyImage("amd64").layers[0] ?? { bytes: new Uint8Array(), digest: "" };
const LAYER_PATH = `/v2/team/app/blobs/${LAYER.digest}`;

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

async function bytesOf(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}

describe("blobs", () => {
  it("can be read in full, and by HEAD without a body", async () => {
    await using registry = await registryWithImage();
    expect(await bytesOf(await ask(registry, LAYER_PATH))).toEqual(LAYER.bytes);
    const head = await ask(registry, LAYER_PATH, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(LAYER.bytes.byteLength));
    expect(head.headers.get("docker-content-digest")).toBe(LAYER.digest);
    expect(await head.text()).toBe("");
  });

  it.each([
    ["bytes=0-9", 0, 10],
    ["bytes=5-5", 5, 6],
    ["bytes=100-", 100, Infinity],
    ["bytes=-7", -7, Infinity],
    ["bytes=10-999999", 10, Infinity],
  ])("can be read in part: %s", async (range, from, to) => {
    await using registry = await registryWithImage();
    const answer = await ask(registry, LAYER_PATH, { headers: { Range: range } });
    expect(answer.status).toBe(206);
    const expected = LAYER.bytes.slice(from, to);
    expect(await bytesOf(answer)).toEqual(expected);
    const size = LAYER.bytes.byteLength;
    const first = from < 0 ? size + from : from;
    expect(answer.headers.get("content-range")).toBe(
      `bytes ${first}-${first + expected.byteLength - 1}/${size}`,
    );
  });

  it.each(["bytes=9-3", "bytes=99999-", "bytes=-0", "bytes=-", "lines=1-2", "bytes=0-1,3-4"])(
    "cannot be read with the range %s",
    async (range) => {
      await using registry = await registryWithImage();
      const answer = await ask(registry, LAYER_PATH, { headers: { Range: range } });
      expect(answer.headers.get("content-range")).toBe(`bytes */${LAYER.bytes.byteLength}`);
      expect(await verdict(answer)).toBe("416 SIZE_INVALID");
    },
  );

  it("exist only in the repository they were pushed to", async () => {
    await using registry = await registryWithImage();
    const read = (path: string) => verdict(ask(registry, path));
    expect(await read(`/v2/team/other/blobs/${LAYER.digest}`)).toBe("404 BLOB_UNKNOWN");
    expect(await read(`/v2/team/app/blobs/${digestOf("x")}`)).toBe("404 BLOB_UNKNOWN");
    expect(await read("/v2/team/app/blobs/sha256:0")).toBe("400 DIGEST_INVALID");
  });
});

describe("uploads", () => {
  const UPLOADS = "/v2/team/new/blobs/uploads/";

  async function begin(registry: TestRegistry): Promise<string> {
    const begun = await ask(registry, UPLOADS, { method: "POST" });
    expect(begun.status).toBe(202);
    expect(begun.headers.get("docker-upload-uuid")).toMatch(/^[\da-f-]{36}$/);
    return begun.headers.get("location") ?? "";
  }

  async function read(registry: TestRegistry, text: string): Promise<string> {
    return (await ask(registry, `/v2/team/new/blobs/${digestOf(text)}`)).text();
  }

  it("accept a blob in one PUT", async () => {
    await using registry = await startRegistry();
    const location = await begin(registry);
    const path = `${location}?digest=${digestOf("whole")}`;
    const answer = await ask(registry, path, { method: "PUT", body: "whole" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("docker-content-digest")).toBe(digestOf("whole"));
    expect(await read(registry, "whole")).toBe("whole");
    expect(await verdict(ask(registry, location))).toBe("404 BLOB_UPLOAD_UNKNOWN");
  });

  it("accept a blob in chunks, in order, and report their progress", async () => {
    await using registry = await startRegistry();
    const location = await begin(registry);
    const patch = (body: string, range?: string) =>
      ask(registry, location, {
        method: "PATCH",
        body,
        headers: range === undefined ? {} : { "Content-Range": range },
      });
    expect((await patch("abc")).headers.get("range")).toBe("0-2");
    expect(await verdict(patch("x", "9-9"))).toBe("416 BLOB_UPLOAD_INVALID");
    expect(await verdict(patch("x", "bytes 3-4"))).toBe("416 BLOB_UPLOAD_INVALID");
    expect((await patch("de", "3-4")).status).toBe(202);
    const status = await ask(registry, location);
    expect([status.status, status.headers.get("range")]).toEqual([204, "0-4"]);
    const path = `${location}?digest=${digestOf("abcdef")}`;
    expect((await ask(registry, path, { method: "PUT", body: "f" })).status).toBe(201);
    expect(await read(registry, "abcdef")).toBe("abcdef");
  });

  it("accept a blob in the POST itself", async () => {
    await using registry = await startRegistry();
    const path = `${UPLOADS}?digest=${digestOf("at once")}`;
    expect((await ask(registry, path, { method: "POST", body: "at once" })).status).toBe(201);
    expect(await read(registry, "at once")).toBe("at once");
  });

  it.each(["", `?digest=${digestOf("other")}`, "?digest=sha256:0"])(
    "reject a digest that does not match the bytes: %s",
    async (query) => {
      await using registry = await startRegistry();
      const path = `${await begin(registry)}${query}`;
      const answer = ask(registry, path, { method: "PUT", body: "bytes" });
      expect(await verdict(answer)).toBe("400 DIGEST_INVALID");
      expect(await verdict(ask(registry, `/v2/team/new/blobs/${digestOf("other")}`))).toMatch(
        /^404/,
      );
    },
  );

  it("mount a blob from a repository that has it, otherwise begin an upload", async () => {
    await using registry = await registryWithImage();
    const mount = (from: string) =>
      ask(registry, `${UPLOADS}?mount=${LAYER.digest}&from=${from}`, { method: "POST" });
    expect((await mount("team/none")).status).toBe(202);
    expect((await mount("team/app")).status).toBe(201);
    expect((await ask(registry, `/v2/team/new/blobs/${LAYER.digest}`)).status).toBe(200);
  });

  it("are cancelled by DELETE and belong to their repository", async () => {
    await using registry = await startRegistry();
    const location = await begin(registry);
    const elsewhere = location.replace("team/new", "team/other");
    for (const method of ["GET", "PATCH", "PUT", "DELETE"])
      expect(await verdict(ask(registry, elsewhere, { method }))).toBe("404 BLOB_UPLOAD_UNKNOWN");
    expect((await ask(registry, location, { method: "DELETE" })).status).toBe(204);
    expect(await verdict(ask(registry, location))).toBe("404 BLOB_UPLOAD_UNKNOWN");
  });
});
