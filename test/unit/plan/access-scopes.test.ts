import { describe, expect, it } from "vitest";
import { SCOPE_ALIASES, scopeAddresses } from "../../../src/plan/access-scopes.ts";

const AUTH = "https://www.googleapis.com/auth/";

describe("scopeAddresses", () => {
  it("expands gcloud's aliases, keeps addresses, and names each scope once", () => {
    expect(scopeAddresses(["storage-ro", `${AUTH}logging.write`, "gke-default"])).toEqual(
      [
        "devstorage.read_only",
        "logging.write",
        "monitoring",
        "service.management.readonly",
        "servicecontrol",
        "trace.append",
      ].map((name) => `${AUTH}${name}`),
    );
  });

  it("makes an address of every alias", () => {
    for (const alias of SCOPE_ALIASES)
      for (const address of scopeAddresses([alias]))
        expect(address).toMatch(/^https:\/\/www\.googleapis\.com\/auth\/[a-z_.-]+$/);
  });

  it("takes no alias from an object's own methods", () => {
    expect(scopeAddresses(["constructor"])).toEqual(["constructor"]);
  });
});
