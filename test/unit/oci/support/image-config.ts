import { expect } from "vitest";
import { parseImageConfig } from "../../../../src/oci/image/image-config.ts";

export const DIFF_IDS = [`sha256:${"1".repeat(64)}`, `sha256:${"2".repeat(64)}`];
/** A configuration with every field. */
export const COMPLETE = {
  created: "2015-10-31T22:22:56.015925234Z",
  author: "Alyssa P. Hacker <alyspdev@example.com>",
  architecture: "arm64",
  os: "linux",
  variant: "v8",
  "os.version": "1.2",
  "os.features": ["win32k"],
  config: {
    User: "alice",
    Memory: 2048,
    MemorySwap: 4096,
    CpuShares: 8,
    ExposedPorts: { "8080/tcp": {}, "53/udp": {}, "9/sctp": {}, "80": {} },
    Env: ["PATH=/usr/bin:/bin", "EMPTY=", 'QUOTED="a b"', "EQUALS=a=b"],
    Entrypoint: ["/bin/app"],
    Cmd: ["--foreground"],
    Volumes: { "/var/data": {} },
    WorkingDir: "/home/alice",
    Labels: { "com.example": "x" },
    StopSignal: "SIGTERM",
    Healthcheck: { Test: ["CMD", "true"], Interval: 30_000_000_000, Retries: 3 },
    Shell: ["/bin/sh", "-c"],
  },
  rootfs: { type: "layers", diff_ids: DIFF_IDS },
  history: [
    { created: "2015-10-31T22:22:54Z", created_by: "ADD", author: "a", comment: "c" },
    { created_by: "CMD", empty_layer: true },
    { created_by: "COPY", empty_layer: false },
  ],
};
/** A configuration with only the required fields. */
export const MINIMAL = {
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: [] },
};

/** The complete document with one path set, or removed if the value is undefined. */
export function change(path: string, value: unknown): unknown {
  const document: object = structuredClone(COMPLETE);
  const parts = path.split("/");
  const last = parts.pop() ?? "";
  const parent = parts.reduce<object>((at, part) => {
    const next: unknown = Reflect.get(at, part);
    if (typeof next !== "object" || next === null) throw new Error(`no ${part}`);
    return next;
  }, document);
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.set(parent, last, value);
  return document;
}

export function parse(document: unknown) {
  return parseImageConfig(JSON.stringify(document));
}

/** An error at this path of a configuration. */
export function invalid(text: string): unknown {
  return expect.objectContaining({
    code: "INVALID_ARGUMENT",
    reason: "IMAGE_CONFIG_INVALID",
    message: expect.stringContaining(text),
  });
}
