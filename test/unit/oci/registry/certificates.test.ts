import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkExtraCertificates,
  NO_CERTIFICATES,
  registryCertificates,
} from "../../../../src/oci/registry/certificates.ts";
import { makePipe } from "../../../support/pipe.ts";
import { scratchFolder } from "../../../support/scratch.ts";

/** A folder of certificates with these files for `registry.example`. */
function hostFolder(files: Readonly<Record<string, string>>) {
  const folder = scratchFolder();
  const host = join(folder.path, "registry.example");
  mkdirSync(host);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(host, name), content);
  return folder;
}

describe("registryCertificates", () => {
  it("joins only Docker's certificates for the registry", async () => {
    using folder = scratchFolder();
    const host = join(folder.path, "registry.example:5000");
    mkdirSync(host);
    writeFileSync(join(host, "b.crt"), "B");
    writeFileSync(join(host, "a.crt"), "A");
    writeFileSync(join(host, "readme.txt"), "nothing");
    expect(await registryCertificates("registry.example:5000", [folder.path])).toEqual({
      authorities: "A\nB",
      client: [],
    });
  });

  it.each(["registry.example", "..", ".", "a/../b", "", "a\0b"])(
    "has none for %j",
    async (host) => {
      using folder = scratchFolder();
      writeFileSync(join(folder.path, "stray.crt"), "S");
      for (const path of [join(folder.path, "inner"), folder.path])
        expect(await registryCertificates(host, [path])).toEqual(NO_CERTIFICATES);
    },
  );

  it("joins the certificates of several folders", async () => {
    using folder = scratchFolder();
    for (const name of ["system", "user"]) {
      mkdirSync(join(folder.path, name, "registry.example"), { recursive: true });
      writeFileSync(join(folder.path, name, "registry.example", "ca.crt"), name);
    }
    const folders = [join(folder.path, "system"), join(folder.path, "user")];
    expect(await registryCertificates("registry.example", folders)).toMatchObject({
      authorities: "system\nuser",
    });
  });

  it("pairs client certificates with their keys", async () => {
    using folder = hostFolder({ "b.cert": "B", "b.key": "kB", "a.cert": "A", "a.key": "kA" });
    const { authorities, client } = await registryCertificates("registry.example", [folder.path]);
    expect(authorities).toBe(null);
    const pairs = client.map(({ certificate, key }) => [certificate, key.reveal()]);
    expect(pairs).toEqual([
      ["A", "kA"],
      ["B", "kB"],
    ]);
  });

  it.each<readonly [string, (path: string) => void, RegExp]>([
    ["a folder", (path) => mkdirSync(path), /it is a folder/],
    ["a pipe", makePipe, /it is a pipe/],
    ["a link to nothing", (path) => symlinkSync("/none/of/these", path), /it does not exist/],
    ["a link in a circle", (path) => symlinkSync(path, path), /too many symbolic links \(ELOOP\)/],
  ])("names a file that is %s, as Docker does", async (_kind, make, why) => {
    for (const name of ["ca.crt", "client.cert", "client.key"]) {
      const files = { "client.cert": "C", "client.key": "K" };
      using folder = hostFolder(files);
      const file = join(folder.path, "registry.example", name);
      rmSync(file, { force: true });
      make(file);
      const reading = registryCertificates("registry.example", [folder.path]);
      await expect(reading).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "REGISTRY_TLS",
        message: expect.stringMatching(new RegExp(`^${file} cannot be read: ${why.source}`)),
        metadata: { path: file },
      });
    }
  });

  it.each([
    ["client.cert", "client.key", /its name must end in \.crt/],
    ["client.key", "client.cert", /^Add the certificate/],
  ])("refuses %s without %s, as Docker does", async (name, missing, remedy) => {
    using folder = hostFolder({ [name]: "half" });
    const reading = registryCertificates("registry.example", [folder.path]);
    await expect(reading).rejects.toMatchObject({
      reason: "REGISTRY_TLS",
      message: expect.stringMatching(new RegExp(`${name}: there is no ${missing} beside it`)),
      remedy: expect.stringMatching(remedy),
    });
  });
});

describe("checkExtraCertificates", () => {
  it("rejects a pipe, which would block Node", async () => {
    using folder = scratchFolder();
    const path = makePipe(join(folder.path, "ca.pem"));
    await expect(checkExtraCertificates(path)).rejects.toMatchObject({
      reason: "CREDENTIAL_INVALID",
      message: `NODE_EXTRA_CA_CERTS ${path} cannot be read: it is a pipe, not a regular file`,
    });
  });

  it("accepts a file, a missing file and an unset variable", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "ca.pem");
    writeFileSync(path, "");
    for (const value of [path, join(folder.path, "none.pem"), "", undefined])
      await expect(checkExtraCertificates(value)).resolves.toBeUndefined();
  });
});
