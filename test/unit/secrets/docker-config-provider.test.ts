import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseReference } from "../../../src/oci/reference.ts";
import { runCredentialHelper } from "../../../src/secrets/credential-helper.ts";
import { dockerCredential } from "../../../src/secrets/docker-config-provider.ts";
import { makePipe } from "../../support/pipe.ts";
import { scratchFolder } from "../../support/scratch.ts";

const IMAGE = parseReference("r.example.com/a");
const forever = new AbortController().signal;

/** Writes a credential helper into the folder: a shell script of these lines. */
async function program(folder: string, name: string, ...lines: readonly string[]): Promise<void> {
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  await chmod(path, 0o755);
}

function environment(folder: string) {
  return { environment: { PATH: `${folder}:/usr/bin:/bin` } };
}

describe("dockerCredential", () => {
  it("returns null if there is no file", async () => {
    using folder = scratchFolder();
    const options = { path: join(folder.path, "none", "config.json") };
    expect(await dockerCredential(options, IMAGE, forever)).toBeNull();
  });

  it("reads the file on every call", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, '{"auths":{"r.example.com":{"auth":"YTpi"}}}');
    expect(await dockerCredential({ path }, IMAGE, forever)).toMatchObject({ username: "a" });
    await writeFile(path, "{}");
    expect(await dockerCredential({ path }, IMAGE, forever)).toBeNull();
  });

  it.each([
    ["no JSON", '{"auths": hunter2'],
    ["too large", `"${"x".repeat(1024 * 1024)}"`],
  ])("names the file that is %s, and repeats none of its content", async (_what, text) => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, text);
    await expect(dockerCredential({ path }, IMAGE, forever)).rejects.toThrow(
      expect.objectContaining({
        reason: "CREDENTIAL_INVALID",
        message: expect.stringMatching(new RegExp(`^${path}(?!.*hunter2)`)),
      }),
    );
  });

  it("names a file that cannot be read", async () => {
    using folder = scratchFolder();
    await expect(dockerCredential({ path: folder.path }, IMAGE, forever)).rejects.toThrow(
      `${folder.path} cannot be read: it is a folder, not a regular file`,
    );
  });

  it("does not wait for data from a pipe", async () => {
    using folder = scratchFolder();
    const path = makePipe(join(folder.path, "config.json"));
    await expect(dockerCredential({ path }, IMAGE, forever)).rejects.toThrow(
      `${path} cannot be read: it is a pipe, not a regular file`,
    );
  });

  it("runs the helper that the file names", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, '{"credsStore":"test"}');
    await program(
      folder.path,
      "test",
      '[ "$1" = get ] || exit 9',
      "server=$(cat)",
      'printf \'{"ServerURL":"%s","Username":"%s","Secret":"s"}\' "$server" "$server"',
    );
    const options = { path, ...environment(folder.path) };
    expect(await dockerCredential(options, IMAGE, forever)).toMatchObject({
      username: "r.example.com",
    });
  });
});

describe("runCredentialHelper", () => {
  async function run(
    lines: readonly string[],
    rest: { readonly timeoutMilliseconds?: number } = {},
  ) {
    using folder = scratchFolder();
    await program(folder.path, "test", ...lines);
    return await runCredentialHelper(
      { name: "test", server: "r.example.com", signal: forever },
      { ...environment(folder.path), ...rest },
    );
  }

  it("understands the message of a helper without a credential", async () => {
    const words = "echo credentials not found in native keychain; exit 1";
    expect(await run(["cat >/dev/null", words])).toBeNull();
    expect(await run([words])).toBeNull();
  });

  it.each([
    ["exits with an error", ["echo hunter2; echo hunter2 >&2; exit 3"], "exited with 3"],
    ["is killed", ["kill -9 $$"], "killed by a signal"],
    ["does not print JSON", ["echo hunter2"], "not a credential"],
    ["prints another document", ['echo \'{"Secret":"hunter2"}\''], "not a credential"],
    ["prints endlessly", ["while :; do echo hunter2hunter2hunter2; done"], "printed too much"],
  ])("reports that it %s, and repeats none of its output", async (_what, lines, why) => {
    await expect(run(lines)).rejects.toThrow(
      expect.objectContaining({
        code: "FAILED_PRECONDITION",
        reason: "CREDENTIAL_HELPER_FAILED",
        message: expect.stringMatching(new RegExp(`docker-credential-test.*${why}`)),
        metadata: { server: "r.example.com" },
      }),
    );
  });

  it("waits for the helper, not for its background processes", async () => {
    using folder = scratchFolder();
    const pid = join(folder.path, "pid");
    await program(
      folder.path,
      "test",
      `sleep 600 & echo $! >${pid}`,
      // More than a pipe's buffer: the helper exits before all of it is read.
      'printf \'{"Username":"u","Secret":"%0150000d"}\' 0',
    );
    const request = { name: "test", server: "r.example.com", signal: forever };
    const options = { ...environment(folder.path), timeoutMilliseconds: 10_000 };
    const answer = await runCredentialHelper(request, options);
    process.kill(Number(await readFile(pid, "utf8")));
    expect(answer).toEqual({ username: "u", secret: "0".repeat(150_000) });
  });

  it("times out", async () => {
    await expect(run(["exec sleep 60"], { timeoutMilliseconds: 50 })).rejects.toThrow(
      "did not answer within 50 ms",
    );
  });

  it("stops with its signal", async () => {
    using folder = scratchFolder();
    await program(folder.path, "test", "exec sleep 60");
    const request = { name: "test", server: "r.example.com" };
    const options = environment(folder.path);
    const cancelled = expect.objectContaining({ code: "CANCELLED" });
    const controller = new AbortController();
    const running = runCredentialHelper({ ...request, signal: controller.signal }, options);
    controller.abort();
    await expect(running).rejects.toThrow(cancelled);
    await expect(
      runCredentialHelper({ ...request, signal: AbortSignal.abort() }, options),
    ).rejects.toThrow(cancelled);
  });

  it("reports that there is no such program", async () => {
    const request = { name: "absent-of-this-test", server: "r.example.com", signal: forever };
    await expect(runCredentialHelper(request)).rejects.toThrow("no such program on the PATH");
  });

  it.each(["", "a/b", "../x", "a b", "a;b", "$(x)", "x".repeat(200)])(
    "never runs a program with the name %j",
    async (name) => {
      const request = { name, server: "r.example.com", signal: forever };
      await expect(runCredentialHelper(request)).rejects.toThrow(
        "its name is not a valid program name",
      );
    },
  );
});
