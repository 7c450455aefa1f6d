import { describe, expect, it } from "vitest";
import { addressCheck } from "../../../../../adapters/aws/preflight/place-checks.ts";
import { awsTarget, candidate } from "../../../../support/ec2-launch.ts";

const ASSIGNING = { SubnetId: "subnet-1", MapPublicIpOnLaunch: true };
const NOT_ASSIGNING = { SubnetId: "subnet-2", MapPublicIpOnLaunch: false };

describe("a public address that the placement does not request", () => {
  const candidates = [candidate("subnet-1"), candidate("subnet-2")];

  it("causes a warning that names the subnets that assign it", () => {
    const check = addressCheck(awsTarget(), candidates, [ASSIGNING, NOT_ASSIGNING]);
    expect(check).toMatchObject({ outcome: "warning", reason: "PUBLIC_ADDRESS" });
    expect(check.message).toBe(
      "subnet-1 assigns each machine a public address, although the placement requests none",
    );
    expect(check.remedy).toContain("modify-subnet-attribute --no-map-public-ip-on-launch");
  });

  it("causes no warning if it is requested, or if no eligible subnet assigns one", () => {
    const requesting = awsTarget({ assignPublicIp: true });
    expect(addressCheck(requesting, candidates, [ASSIGNING]).outcome).toBe("passed");
    expect(addressCheck(awsTarget(), candidates, [NOT_ASSIGNING]).outcome).toBe("passed");
    // A subnet that has lost its IPv4 block may still have the attribute.
    const ipv6Only = { ...ASSIGNING, Ipv6Native: true };
    expect(addressCheck(awsTarget(), candidates, [ipv6Only]).outcome).toBe("passed");
    const rejected = [{ ...candidate("subnet-1"), verdict: "rejected" as const }];
    expect(addressCheck(awsTarget(), rejected, [ASSIGNING]).outcome).toBe("passed");
  });
});
