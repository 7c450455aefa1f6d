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
  it("finds nothing if there is no file", async () => {
    using folder = scratchFolder();
    const options = { path: join(folder.path, "none", "config.json") };
    expect(await dockerCredential(options, IMAGE, forever)).toEqual({
      credential: null,
      problem: null,
    });
  });

  it.each<[string, string, string | undefined, RegExp]>([
    ["before the file", '{"auths":{"r.example.com":{"auth":"YTpi"}}}', "a", /^$/],
    ["for another registry", '{"auths":{"s.example.com":{"auth":"YTpi"}}}', "file", /^$/],
    ["that is not JSON", "hunter2", "file", /^DOCKER_AUTH_CONFIG is not JSON$/],
    ["with a damaged entry", '{"auths":{"r.example.com":{"auth":"hunter2"}}}', "file", /base64/],
    ["that is empty", "", "file", /^$/],
  ])("uses DOCKER_AUTH_CONFIG %s", async (_what, variable, username, problem) => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    const auth = Buffer.from("file:b").toString("base64");
    await writeFile(path, JSON.stringify({ auths: { "r.example.com": { auth } } }));
    const found = await dockerCredential({ path, variable }, IMAGE, forever);
    expect(found.credential).toMatchObject({ username });
    expect(found.problem?.message ?? "").toMatch(problem);
    expect(JSON.stringify(found.problem)).not.toContain("hunter2");
  });

  it("reads the file on every call", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, '{"auths":{"r.example.com":{"auth":"YTpi"}}}');
    expect(await dockerCredential({ path }, IMAGE, forever)).toMatchObject({
      credential: { username: "a" },
    });
    await writeFile(path, "{}");
    expect(await dockerCredential({ path }, IMAGE, forever)).toEqual({
      credential: null,
      problem: null,
    });
  });

  it.each([
    ["a second closing brace", '{"auths":{"r.example.com":{"auth":"YTpi"}}}\n}'],
    ["braces in a string", '{"psFormat":"{{\\"}","auths":{"r.example.com":{"auth":"YTpi"}}} x'],
    ["names in another case", '{"Auths":{"r.example.com":{"Auth":"YTpi"}}}'],
    [
      "a helper that is null",
      '{"auths":{"r.example.com":{"auth":"YTpi"}},"credHelpers":{"r.example.com":null,"gcr.io":null}}',
    ],
    ["members of another type", '{"auths":{"r.example.com":{"auth":"YTpi"}},"proxies":7}'],
  ])("reads what Docker reads: %s", async (_what, text) => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, text);
    expect(await dockerCredential({ path }, IMAGE, forever)).toMatchObject({
      credential: { username: "a" },
      problem: null,
    });
  });

  it.each([
    ["is empty", "", "is empty"],
    ["holds only spaces", " \n", "is empty"],
    ["is not JSON", '{"auths": hunter2', "is not JSON"],
    ["has a comment", '// hunter2\n{"auths":{}}', "is not JSON"],
    ["begins with a byte order mark", '\uFEFF{"auths":{}}', "is not JSON"],
    ["is too large", `"${"x".repeat(1024 * 1024)}"`, "cannot be read"],
    ["has another shape", '{"auths":["hunter2"]}', "malformed at auths"],
    ["is a list", '["hunter2"]', "malformed at its top"],
    ["has a damaged entry", '{"auths":{"r.example.com":{"auth":"hunter2!"}}}', "not base64"],
  ])("reports a file that %s, and repeats none of its content", async (_what, text, why) => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, text);
    const { credential, problem } = await dockerCredential({ path }, IMAGE, forever);
    expect(credential).toBeNull();
    expect(problem).toMatchObject({ reason: "CREDENTIAL_INVALID", remedy: expect.any(String) });
    expect(problem?.message).toContain(why);
    expect(problem?.message).not.toContain("hunter2");
  });

  it("reports a path that is a folder", async () => {
    using folder = scratchFolder();
    expect(await dockerCredential({ path: folder.path }, IMAGE, forever)).toMatchObject({
      credential: null,
      problem: { message: `${folder.path} cannot be read: it is a folder, not a regular file` },
    });
  });

  it("reports a DOCKER_CONFIG that names the file instead of its folder", async () => {
    using folder = scratchFolder();
    await writeFile(join(folder.path, "config.json"), "{}");
    const path = join(folder.path, "config.json", "config.json");
    expect(await dockerCredential({ path }, IMAGE, forever)).toMatchObject({
      credential: null,
      problem: { message: `${path} cannot be read: a part of its path is not a folder (ENOTDIR)` },
    });
  });

  it("does not wait for data from a pipe", async () => {
    using folder = scratchFolder();
    const path = makePipe(join(folder.path, "config.json"));
    await expect(dockerCredential({ path }, IMAGE, forever)).rejects.toThrow(
      `${path} cannot be read: it is a pipe, not a regular file`,
    );
  });

  it.each([
    ["does not exist", null, "there is no such program on the PATH"],
    ["fails", ["echo locked; exit 1"], "it exited with 1"],
    ["prints more than its answer", ["echo hello"], "its answer is not a credential"],
    ["does not answer", ["exec sleep 60"], "it did not answer within 50 ms"],
  ])("reports a helper that %s", async (_what, lines, why) => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, '{"credsStore":"desktop"}');
    if (lines !== null) await program(folder.path, "desktop", ...lines);
    const timeoutMilliseconds = why.includes("50 ms") ? 50 : 10_000;
    const options = { path, ...environment(folder.path), timeoutMilliseconds };
    expect(await dockerCredential(options, IMAGE, forever)).toMatchObject({
      credential: null,
      problem: { reason: "CREDENTIAL_HELPER_FAILED", message: expect.stringContaining(why) },
    });
  });

  it("uses the credential in the file if the helper fails, as Docker does", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    const auths = (auth: string) => `{"credsStore":"desktop","auths":{"r.example.com":{${auth}}}}`;
    const problem = { reason: "CREDENTIAL_HELPER_FAILED" };
    const options = { path, ...environment(folder.path) };
    await writeFile(path, auths('"auth":"YTpi"'));
    expect(await dockerCredential(options, IMAGE, forever)).toMatchObject({
      credential: { username: "a" },
      problem,
    });
    for (const unusable of ["", '"auth":"hunter2!"']) {
      await writeFile(path, auths(unusable));
      expect(await dockerCredential(options, IMAGE, forever)).toMatchObject({
        credential: null,
        problem,
      });
    }
  });

  it("has no credential, and no problem, if the helper has none", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, '{"credsStore":"desktop"}');
    await program(folder.path, "desktop", "echo credentials not found in native keychain; exit 1");
    const options = { path, ...environment(folder.path) };
    expect(await dockerCredential(options, IMAGE, forever)).toEqual({
      credential: null,
      problem: null,
    });
  });

  it("is cancelled with its signal", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "config.json");
    await writeFile(path, '{"credsStore":"desktop"}');
    await expect(dockerCredential({ path }, IMAGE, AbortSignal.abort())).rejects.toThrow(
      expect.objectContaining({ code: "CANCELLED" }),
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
      credential: { username: "r.example.com" },
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

  it.each([
    ["a line after the answer", ['echo \'{"Username":"u","Secret":"a}b"}\'; echo done']],
    ["names in another case", ['echo \'{"username":"u","SECRET":"a}b"}\'']],
    ["words on standard error", ['echo warning >&2; echo \'{"Username":"u","Secret":"a}b"}\'']],
  ])("reads the answer as Docker does: %s", async (_what, lines) => {
    expect(await run(lines)).toEqual({ username: "u", secret: "a}b" });
  });

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
