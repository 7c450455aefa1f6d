import { describe, expect, it } from "vitest";
import { MINIMAL, change, invalid, parse } from "./support/image-config.ts";

describe("an image configuration's values", () => {
  it.each(["layer", "Layers", "layers ", ""])("enforces rootfs.type: %j", (type) => {
    expect(() => parse(change("rootfs/type", type))).toThrow(invalid("rootfs.type"));
  });

  it.each(["sha256:12", "1".repeat(64), `sha256:${"A".repeat(64)}`, `sha512:${"1".repeat(128)}`])(
    "accepts only SHA-256 as a DiffID: %s",
    (digest) => {
      expect(() => parse(change("rootfs/diff_ids/0", digest))).toThrow(
        invalid("rootfs.diff_ids[0]"),
      );
    },
  );

  it.each([
    "2015-10-31T22:22:56Z",
    "2015-10-31T22:22:56.015925234Z",
    "2015-10-31T22:22:56,5+02:00",
    "2015-10-31T22:22:56-0700",
    "2015-10-31T22:22:56",
    "2015-10-31T22:22Z",
    "20151031T222256Z",
    "2016-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
  ])("accepts the time %s", (created) => {
    expect(parse(change("created", created)).created).toBe(created);
    expect(parse(change("history/0/created", created)).history?.[0]?.created).toBe(created);
  });

  it.each([
    "",
    "yesterday",
    "2015-10-31",
    "2015-10-31 22:22:56Z",
    "2015-13-01T00:00:00Z",
    "2015-00-01T00:00:00Z",
    "2015-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2015-04-31T00:00:00Z",
    "2015-10-31T24:00:00Z",
    "2015-10-31T22:60:00Z",
    "2015-10-31T22:22:61Z",
    "2015-10-31T22:22:56+24:00",
    "2015-10-31T22:22:56Z ",
    "15-10-31T22:22:56Z",
  ])("rejects the time %j", (created) => {
    expect(() => parse(change("created", created))).toThrow(invalid("created: not an ISO 8601"));
    expect(() => parse(change("history/0/created", created))).toThrow(
      invalid("history[0].created"),
    );
  });

  it.each(["1/tcp", "65535/udp", "80", "5000/sctp"])("accepts the port %s", (port) => {
    expect(parse(change("config/ExposedPorts", { [port]: {} })).config?.ExposedPorts).toEqual({
      [port]: {},
    });
  });

  it.each([
    "0/tcp",
    "65536/tcp",
    "99999",
    "80/TCP",
    "80/icmp",
    "/tcp",
    "",
    "80/",
    "80-90/tcp",
    "http",
    "-1",
    "8e1",
  ])("rejects the port %j", (port) => {
    expect(() => parse(change("config/ExposedPorts", { [port]: {} }))).toThrow(
      invalid("config.ExposedPorts"),
    );
  });

  it.each([
    "",
    "root",
    "0",
    "app:app",
    "1000:1000",
    "app:1000",
    "1000:app",
    "NT AUTHORITY\\SYSTEM",
  ])("accepts the user %j", (user) => {
    expect(parse(change("config/User", user)).config?.User).toBe(user);
  });

  it.each([":", "app:", ":app", "a:b:c", "app\n", "a\u0000b"])("rejects the user %j", (user) => {
    expect(() => parse(change("config/User", user))).toThrow(invalid("config.User"));
  });

  it("reads the user under the specification's lower-case name", () => {
    expect(parse({ ...MINIMAL, config: { user: "alice" } }).config).toEqual({ User: "alice" });
    expect(parse({ ...MINIMAL, config: { user: "alice", User: "bob" } }).config).toEqual({
      User: "bob",
    });
    expect(() => parse({ ...MINIMAL, config: { user: 1 } })).toThrow(invalid("config.User"));
  });

  it.each(["A", "", "=b", "A\0=b"])("rejects the environment entry %j", (entry) => {
    expect(() => parse(change("config/Env", [entry]))).toThrow(invalid("config.Env[0]"));
  });

  it("accepts empty_layer as a boolean, and as the string in the specification's table", () => {
    const flags = [true, false, "true", "false"];
    const history = flags.map((flag) => ({ empty_layer: flag }));
    expect(parse(change("history", history)).history?.map((entry) => entry.empty_layer)).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(() => parse(change("history", [{ empty_layer: "yes" }]))).toThrow(
      invalid("empty_layer"),
    );
  });
});
