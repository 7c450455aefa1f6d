import { describe, expect, it } from "vitest";
import { defaultMachineType } from "../../../../../adapters/gce/preflight/default-machine-type.ts";
import { machineTypeReply } from "../../../../../adapters/gce/client/replies.ts";

function type(name: string, change: object = {}) {
  return machineTypeReply.parse({
    name,
    guestCpus: 2,
    memoryMb: 8192,
    architecture: "X86_64",
    ...change,
  });
}

function chosen(...zones: readonly (readonly ReturnType<typeof type>[])[]): string | undefined {
  const offers = zones.map((types, index) => ({ zone: `zone-${index}`, types }));
  return defaultMachineType(offers, "amd64")?.name;
}

describe("the default machine type", () => {
  it("is the one that most zones have", () => {
    expect(chosen([type("a"), type("b")], [type("b")])).toBe("b");
  });

  it("has processors of its own rather than shared ones", () => {
    expect(chosen([type("a", { isSharedCpu: true }), type("b")])).toBe("b");
  });

  it("has the most memory of the range", () => {
    expect(chosen([type("a", { memoryMb: 4096 }), type("b")])).toBe("b");
  });

  it("is the first by name among equals, whatever their order", () => {
    expect(chosen([type("b"), type("a")])).toBe("a");
    expect(chosen([type("a"), type("b")])).toBe("a");
  });

  it("is for the architecture, and one that says none for amd64", () => {
    expect(chosen([type("arm", { architecture: "ARM64" })])).toBeUndefined();
    expect(chosen([type("old", { architecture: null })])).toBe("old");
    const arm = [{ zone: "z", types: [type("x"), type("arm", { architecture: "ARM64" })] }];
    expect(defaultMachineType(arm, "arm64")?.name).toBe("arm");
  });

  it.each([
    ["too many vCPUs", { guestCpus: 4 }],
    ["too little memory", { memoryMb: 2048 }],
    ["too much memory", { memoryMb: 16384 }],
    ["a deprecation", { deprecated: { state: "DEPRECATED" } }],
    ["an accelerator", { accelerators: [{ guestAcceleratorCount: 1 }] }],
  ])("is none with %s", (_what, change) => {
    expect(chosen([type("a", change)])).toBeUndefined();
  });
});
