import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressScope, literalAddress } from "../../../../src/oci/registry/addresses.ts";

describe("addressScope", () => {
  it.each([
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "fe80::1",
    "fe80::1%eth0",
    "febf:ffff::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::",
  ])("%s is link-local", (address) => {
    expect(addressScope(address)).toBe("link-local");
  });

  it.each([
    "0.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fc00::1",
    "fd12:3456::1",
    "fd20:ce::253",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1.1.1.1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "localhost",
    "",
    "127.1",
    "1.1.1.1%eth0",
  ])("%s is private", (address) => {
    expect(addressScope(address)).toBe("private");
  });

  it.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.0.1",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:80b::200e",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
    "2002:101:101::",
  ])("%s is public", (address) => {
    expect(addressScope(address)).toBe("public");
  });

  it("gives an embedded IPv4 address its own scope", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const scope = addressScope(address);
        expect(addressScope(`::ffff:${address}`)).toBe(scope);
        expect(addressScope(`64:ff9b::${address}`)).toBe(scope);
      }),
    );
  });

  it("returns a scope for every IPv6 address", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(["public", "private", "link-local"]).toContain(addressScope(address));
      }),
    );
  });
});

describe("literalAddress", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["[::1]", "::1"],
    ["example.com", null],
    ["localhost", null],
  ])("finds in %s the address %s", (hostname, address) => {
    expect(literalAddress(hostname)).toBe(address);
  });

  it("recognises an address that a URL normalises from another notation", () => {
    expect(literalAddress(new URL("http://0x7f.1/").hostname)).toBe("127.0.0.1");
    expect(literalAddress(new URL("http://2130706433/").hostname)).toBe("127.0.0.1");
  });
});
