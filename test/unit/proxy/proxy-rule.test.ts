import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proxyRule } from "../../../src/proxy/proxy-rule.ts";
import table from "../../fixtures/proxy/go-httpproxy.json" with { type: "json" };

const PROXY = "http://proxy.example:3128";
const TARGET = new URL("https://registry.example.com/v2/");

function ruleOf(environment: Readonly<Record<string, string>>) {
  const rule = proxyRule(environment);
  if (rule === null) throw new Error("the environment names no proxy");
  return rule;
}

function isProxied(noProxy: string, target: string): boolean {
  const environment = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: noProxy };
  return ruleOf(environment)(new URL(target)) !== null;
}

describe("the proxy of a target", () => {
  it("is the one of the target's scheme", () => {
    const rule = ruleOf({ HTTP_PROXY: "http://one.example", HTTPS_PROXY: "https://two.example" });
    expect(rule(new URL("http://example.com"))).toMatchObject({
      variable: "HTTP_PROXY",
      hostname: "one.example",
      port: 80,
      isSecure: false,
    });
    expect(rule(TARGET)).toMatchObject({ hostname: "two.example", port: 443, isSecure: true });
  });

  it("is none for a scheme without one", () => {
    expect(ruleOf({ HTTP_PROXY: PROXY })(TARGET)).toBeNull();
    expect(ruleOf({ HTTPS_PROXY: PROXY })(new URL("http://example.com"))).toBeNull();
  });

  it("is named in upper case first, and in lower case if that is unset or empty", () => {
    const both = { HTTPS_PROXY: "upper.example:1", https_proxy: "lower.example:1" };
    expect(ruleOf(both)(TARGET)?.hostname).toBe("upper.example");
    expect(ruleOf({ ...both, HTTPS_PROXY: "" })(TARGET)).toMatchObject({
      hostname: "lower.example",
      variable: "https_proxy",
    });
    expect(ruleOf({ ...both, no_proxy: "example.com" })(TARGET)).toBeNull();
    expect(ruleOf({ ...both, NO_PROXY: "other", no_proxy: "example.com" })(TARGET)).not.toBeNull();
  });

  it.each([{}, { HTTPS_PROXY: "" }, { ALL_PROXY: PROXY, all_proxy: PROXY }, { NO_PROXY: "*" }])(
    "does not exist in %j",
    (environment) => {
      expect(proxyRule(environment)).toBeNull();
    },
  );

  it.each([
    ["proxy.example:3128", "http://proxy.example:3128", "proxy.example", 3128],
    ["proxy.example", "http://proxy.example", "proxy.example", 80],
    [" http://proxy.example:8080/path ", "http://proxy.example:8080", "proxy.example", 8080],
    ["10.0.0.1:3128", "http://10.0.0.1:3128", "10.0.0.1", 3128],
    ["http://[fd00::1]:3128", "http://[fd00::1]:3128", "fd00::1", 3128],
    ["HTTP://PROXY.example", "http://proxy.example", "proxy.example", 80],
  ])("may be written as %s", (value, origin, hostname, port) => {
    expect(ruleOf({ HTTPS_PROXY: value })(TARGET)).toMatchObject({ origin, hostname, port });
  });

  it("has its user and password decoded, and prints neither", () => {
    const proxy = ruleOf({ HTTPS_PROXY: "http://us%40er:p%3Ass@proxy.example:3128" })(TARGET);
    const sent = proxy?.authorization?.reveal().replace(/^Basic /, "") ?? "";
    expect(Buffer.from(sent, "base64").toString()).toBe("us@er:p:ss");
    expect(JSON.stringify(proxy)).not.toMatch(/us@er|p:ss|us%40er|p%3Ass/);
    expect(JSON.stringify(proxy)).not.toContain(sent);
  });

  it.each([
    ["http://", "is not an address"],
    ["http://:3128", "is not an address"],
    ["http://proxy example", "is not an address"],
    ["http://proxy.example:99999", "is not an address"],
    ["socks5://proxy.example:1080", "has the scheme socks5:, which is not supported"],
    ["ftp://proxy.example", "has the scheme ftp:, which is not supported"],
    ["http://user:%zz@proxy.example", "has a user or password with an invalid percent sign"],
  ])("%s is an error for the targets that need it, and for no other", (value, why) => {
    const rule = ruleOf({ https_proxy: value, NO_PROXY: "exempt.example" });
    expect(() => rule(TARGET)).toThrowError(
      expect.objectContaining({
        message: expect.stringContaining(why),
        verdict: expect.objectContaining({
          reason: "PROXY_INVALID",
          code: "FAILED_PRECONDITION",
          retry: "never",
        }),
      }),
    );
    for (const direct of ["https://exempt.example/", "https://127.0.0.1/", "http://plain.example/"])
      expect(rule(new URL(direct))).toBeNull();
  });

  it("does not repeat the password of an invalid address", () => {
    const rule = ruleOf({ HTTPS_PROXY: "http://user:hunter2@proxy example" });
    expect(() => rule(TARGET)).toThrowError(
      /^HTTPS_PROXY "http:\/\/\[redacted\]@proxy example" is not an address$/,
    );
  });
});

describe("a target without a proxy", () => {
  const cases = table.cases.map(([noProxy, url, proxied]) => ({
    noProxy: String(noProxy),
    url: String(url),
    proxied,
  }));

  it.each(cases)("NO_PROXY $noProxy, $url: as in Go", ({ noProxy, url, proxied }) => {
    expect(isProxied(noProxy, url)).toBe(proxied);
  });

  it.each([
    "http://169.254.169.254/latest/api/token",
    "http://169.254.170.2/credentials",
    "http://[fd00:ec2::254]/latest",
    "http://metadata.google.internal/computeMetadata/v1",
    "http://metadata.google.internal./computeMetadata/v1",
    "http://metadata/computeMetadata/v1",
  ])("is a metadata service of a cloud: %s", (url) => {
    expect(isProxied("", url)).toBe(false);
  });

  const label = fc.stringMatching(/^[a-z]{1,8}$/);
  const domain = fc.tuple(label, label).map((labels) => labels.join("."));

  it("is a named host with all its subdomains, on every port", () => {
    fc.assert(
      fc.property(
        domain,
        fc.array(label),
        fc.integer({ min: 1, max: 65_535 }),
        (host, sub, port) => {
          const target = `https://${[...sub, host].join(".")}:${port}/`;
          expect(isProxied(host, target)).toBe(false);
          expect(isProxied(`.${host}`, target)).toBe(sub.length === 0);
          expect(isProxied(`*.${host}`, target)).toBe(sub.length === 0);
          expect(isProxied(`x${host}`, target)).toBe(true);
        },
      ),
    );
  });

  it("stays one when further entries are added", () => {
    const entry = fc.oneof(
      domain,
      domain.map((host) => `.${host}`),
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((address) => `${address}/16`),
      fc.string(),
    );
    fc.assert(
      fc.property(domain, fc.array(entry), fc.array(entry), (host, before, after) => {
        expect(isProxied([...before, host, ...after].join(","), `https://${host}/`)).toBe(false);
      }),
    );
  });
});
