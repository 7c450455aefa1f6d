import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkExtraCertificates,
  registryCertificates,
} from "../../../../src/oci/registry/certificates.ts";
import { makePipe } from "../../../support/pipe.ts";
import { scratchFolder } from "../../../support/scratch.ts";

describe("registryCertificates", () => {
  it("joins only Docker's certificates for the registry", async () => {
    using folder = scratchFolder();
    const host = join(folder.path, "registry.example:5000");
    mkdirSync(host);
    writeFileSync(join(host, "b.crt"), "B");
    writeFileSync(join(host, "a.crt"), "A");
    writeFileSync(join(host, "client.key"), "private");
    expect(await registryCertificates("registry.example:5000", [folder.path])).toBe("A\nB");
  });

  it.each(["registry.example", "..", ".", "a/../b", "", "a\0b"])(
    "has none for %j",
    async (host) => {
      using folder = scratchFolder();
      writeFileSync(join(folder.path, "stray.crt"), "S");
      expect(await registryCertificates(host, [join(folder.path, "inner")])).toBe(null);
      expect(await registryCertificates(host, [folder.path])).toBe(null);
    },
  );

  it("joins the certificates of several folders", async () => {
    using folder = scratchFolder();
    for (const name of ["system", "user"]) {
      mkdirSync(join(folder.path, name, "registry.example"), { recursive: true });
      writeFileSync(join(folder.path, name, "registry.example", "ca.crt"), name);
    }
    const folders = [join(folder.path, "system"), join(folder.path, "user")];
    expect(await registryCertificates("registry.example", folders)).toBe("system\nuser");
  });

  it.each<readonly [string, (path: string) => void]>([
    ["a folder", (path) => mkdirSync(path)],
    ["a pipe", makePipe],
  ])("names a certificate that is %s", async (kind, make) => {
    using folder = scratchFolder();
    const file = join(folder.path, "registry.example", "ca.crt");
    mkdirSync(join(folder.path, "registry.example"));
    make(file);
    await expect(registryCertificates("registry.example", [folder.path])).rejects.toMatchObject({
      reason: "CREDENTIAL_INVALID",
      message: expect.stringMatching(new RegExp(`^${file}: .*it is ${kind}`)),
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
