import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cloudRegistry } from "../../../src/oci/cloud-registry.ts";
import { LOOK_ALIKES } from "../../support/look-alikes.ts";

/** Host, region and the host of the API that grants its tokens: https://docs.aws.amazon.com/general/latest/gr/ecr.html */
const PRIVATE = [
  ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "us-east-1", "api.ecr.us-east-1.amazonaws.com"],
  [
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
    "us-gov-west-1",
    "ecr-fips.us-gov-west-1.amazonaws.com",
  ],
  [
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
    "cn-north-1",
    "api.ecr.cn-north-1.amazonaws.com.cn",
  ],
  [
    "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
    "eusc-de-east-1",
    "api.ecr.eusc-de-east-1.amazonaws.eu",
  ],
  [
    "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov",
    "us-iso-east-1",
    "api.ecr.us-iso-east-1.c2s.ic.gov",
  ],
  [
    "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
    "us-isob-east-1",
    "api.ecr.us-isob-east-1.sc2s.sgov.gov",
  ],
  [
    "123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
    "eu-isoe-west-1",
    "api.ecr.eu-isoe-west-1.cloud.adc-e.uk",
  ],
  [
    "123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
    "us-isof-south-1",
    "api.ecr.us-isof-south-1.csp.hci.ic.gov",
  ],
  ["123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1", "ecr.eu-west-1.api.aws"],
  ["123456789012.dkr-ecr-fips.us-east-2.on.aws", "us-east-2", "ecr-fips.us-east-2.api.aws"],
  [
    "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
    "cn-north-1",
    "ecr.cn-north-1.api.amazonwebservices.com.cn",
  ],
] as const;

const GOOGLE = [
  "us-docker.pkg.dev",
  "europe-west1-docker.pkg.dev",
  "gcr.io",
  "us.gcr.io",
  "eu.gcr.io",
  "asia.gcr.io",
  "marketplace.gcr.io",
];

describe("cloudRegistry", () => {
  it.each(PRIVATE)("knows %s", (host, region, apiHost) => {
    expect(cloudRegistry(host)).toEqual({ service: "ECR", api: "ecr", region, apiHost });
  });

  it.each(["public.ecr.aws", "ecr-public.aws.com"])("knows the public gallery %s", (host) => {
    expect(cloudRegistry(host)).toEqual({
      service: "ECR",
      api: "ecr-public",
      region: "us-east-1",
      apiHost: "api.ecr-public.us-east-1.amazonaws.com",
    });
  });

  it.each(GOOGLE)("knows %s", (host) => {
    expect(cloudRegistry(host)).toEqual({ service: "GAR" });
  });

  it.each(LOOK_ALIKES)("does not take %s for a cloud's registry", (host) => {
    expect(cloudRegistry(host)).toBeNull();
  });

  it("knows no other host, whatever surrounds a cloud's own", () => {
    const hosts = [...PRIVATE.map(([host]) => host), "public.ecr.aws", ...GOOGLE];
    fc.assert(
      fc.property(
        fc.constantFrom(...hosts),
        fc.stringMatching(/^[a-z0-9.:@/\\\n-]{0,8}$/),
        fc.stringMatching(/^[a-z0-9.:@/\\\n-]{1,8}$/),
        (host, before, after) => {
          expect(cloudRegistry(`${before}${host}${after}`)).toBeNull();
        },
      ),
    );
  });
});
