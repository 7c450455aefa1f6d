import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseImageConfig } from "../../../../src/oci/image/image-config.ts";
import { COMPLETE, MINIMAL, change, invalid, parse } from "../support/image-config.ts";

describe("parseImageConfig", () => {
  it("reads every field", () => {
    expect(parse(COMPLETE)).toEqual(COMPLETE);
    expect(parseImageConfig(new TextEncoder().encode(JSON.stringify(COMPLETE)))).toEqual(COMPLETE);
  });

  it("accepts a minimal document", () => {
    expect(parse(MINIMAL)).toEqual(MINIMAL);
  });

  it("drops unknown fields", () => {
    const extended = {
      ...MINIMAL,
      docker_version: 1,
      container_config: [],
      config: { ArgsEscaped: "?", OnBuild: 7, Image: null, AttachStdin: false },
      rootfs: { ...MINIMAL.rootfs, base: 1 },
      history: [{ x: 1 }],
    };
    expect(parse(extended)).toEqual({ ...MINIMAL, config: {}, history: [{}] });
  });

  it.each([
    "config",
    "config/Env",
    "config/Entrypoint",
    "config/Cmd",
    "config/Volumes",
    "config/ExposedPorts",
    "config/Labels",
    "config/Shell",
    "config/Healthcheck",
    "config/Healthcheck/Test",
    "history",
    "os.features",
  ])("keeps the null that builders write for %s", (path) => {
    expect(parse(change(path, null))).toEqual(change(path, null));
  });

  it("accepts null as an empty object in a set", () => {
    expect(parse(change("config/Volumes", { "/data": null })).config?.Volumes).toEqual({
      "/data": null,
    });
  });

  it.each([
    "created",
    "author",
    "variant",
    "os.version",
    "os.features",
    "config",
    "history",
    "config/User",
    "config/Memory",
    "config/MemorySwap",
    "config/CpuShares",
    "config/ExposedPorts",
    "config/Env",
    "config/Entrypoint",
    "config/Cmd",
    "config/Volumes",
    "config/WorkingDir",
    "config/Labels",
    "config/StopSignal",
    "config/Healthcheck",
    "config/Shell",
    "history/0/created",
  ])("accepts a document without %s", (path) => {
    expect(parse(change(path, undefined))).toEqual(change(path, undefined));
  });

  it.each(["architecture", "os", "rootfs", "rootfs/type", "rootfs/diff_ids"])(
    "requires %s",
    (path) => {
      const name = path.replace("/", ".");
      expect(() => parse(change(path, undefined))).toThrow(invalid(name));
      expect(() => parse(change(path, null))).toThrow(invalid(name));
    },
  );

  it.each<[string, unknown, string]>([
    ["created", 1, "created"],
    ["author", {}, "author"],
    ["architecture", "", "architecture"],
    ["architecture", 64, "architecture"],
    ["os", [], "os"],
    ["variant", 8, "variant"],
    ["os.features", "x", '["os.features"]'],
    ["config", [], "config"],
    ["config", "x", "config"],
    ["config/User", 0, "config.User"],
    ["config/Memory", "1", "config.Memory"],
    ["config/Memory", 1.5, "config.Memory"],
    ["config/Memory", -1, "config.Memory"],
    ["config/Memory", 2 ** 63, "config.Memory"],
    ["config/MemorySwap", -2, "config.MemorySwap"],
    ["config/CpuShares", true, "config.CpuShares"],
    ["config/ExposedPorts", ["80"], "config.ExposedPorts"],
    ["config/ExposedPorts", { "80/tcp": 1 }, 'config.ExposedPorts["80/tcp"]'],
    ["config/Env", "A=b", "config.Env"],
    ["config/Env", ["A=b", 1], "config.Env[1]"],
    ["config/Entrypoint", "/bin/sh", "config.Entrypoint"],
    ["config/Cmd", [null], "config.Cmd[0]"],
    ["config/Volumes", [], "config.Volumes"],
    ["config/WorkingDir", null, "config.WorkingDir"],
    ["config/Labels", { a: 1 }, "config.Labels.a"],
    ["config/StopSignal", 15, "config.StopSignal"],
    ["config/Healthcheck", [], "config.Healthcheck"],
    ["config/Healthcheck/Interval", "30s", "config.Healthcheck.Interval"],
    ["config/Healthcheck/Test", "true", "config.Healthcheck.Test"],
    ["config/Shell", {}, "config.Shell"],
    ["rootfs", [], "rootfs"],
    ["rootfs/diff_ids", {}, "rootfs.diff_ids"],
    ["rootfs/diff_ids/1", 1, "rootfs.diff_ids[1]"],
    ["history", {}, "history"],
    ["history/0", null, "history[0]"],
    ["history/0/created_by", [], "history[0].created_by"],
    ["history/0/comment", 1, "history[0].comment"],
    ["history/1/empty_layer", 1, "history[1].empty_layer"],
  ])("names the path of a wrong type: %s %j", (path, value, place) => {
    expect(() => parse(change(path, value))).toThrow(invalid(`${place}: `));
  });

  it.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "not JSON"],
    ["no JSON", "{", "not JSON"],
    ["a byte order mark", `\uFEFF${JSON.stringify(MINIMAL)}`, "not JSON"],
    ["wrong encoding", new Uint8Array([0x7b, 0xff, 0x7d]), "not UTF-8"],
    ["null", "null", "not an object"],
    ["an array", "[]", "not an object"],
    ["too much", " ".repeat(4 * 1024 * 1024 + 1), "larger than"],
  ])("rejects %s", (_what, json, why) => {
    expect(() => parseImageConfig(json)).toThrow(invalid(why));
  });

  it("is not confused by keys of the prototype", () => {
    const json = JSON.stringify(MINIMAL).replace("{", '{"__proto__":{"config":{"User":"root"}},');
    expect(parseImageConfig(json)).toEqual(MINIMAL);
    expect(() => parseImageConfig('{"__proto__":{"architecture":"amd64","os":"linux"}}')).toThrow(
      invalid("architecture"),
    );
  });

  it("throws nothing but a SlipwayError", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(COMPLETE)), fc.jsonValue(), (key, value) => {
        const document = { ...COMPLETE, [key]: value };
        expect(() => {
          try {
            parse(document);
          } catch (caught) {
            if (!(caught instanceof Error && "reason" in caught)) throw caught;
          }
        }).not.toThrow();
      }),
    );
  });
});
