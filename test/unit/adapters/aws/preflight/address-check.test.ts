import { describe, expect, it } from "vitest";
import { addressCheck } from "../../../../../adapters/aws/preflight/place-checks.ts";
import { awsTarget, candidate } from "../../../../support/ec2-launch.ts";

const GIVING = { SubnetId: "subnet-1", MapPublicIpOnLaunch: true };
const KEEPING = { SubnetId: "subnet-2", MapPublicIpOnLaunch: false };

describe("a public address that nobody asked for", () => {
  const candidates = [candidate("subnet-1"), candidate("subnet-2")];

  it("is warned of, with the subnets that give it", () => {
    const check = addressCheck(awsTarget(), candidates, [GIVING, KEEPING]);
    expect(check).toMatchObject({ outcome: "warning", reason: "PUBLIC_ADDRESS" });
    expect(check.message).toBe(
      "subnet-1 gives each machine a public address, although the placement has assign_public_ip: false",
    );
    expect(check.remedy).toContain("modify-subnet-attribute --no-map-public-ip-on-launch");
  });

  it("is none where it is asked for, or where no place that is left gives one", () => {
    const asked = awsTarget({ assignPublicIp: true });
    expect(addressCheck(asked, candidates, [GIVING]).outcome).toBe("passed");
    expect(addressCheck(awsTarget(), candidates, [KEEPING]).outcome).toBe("passed");
    const rejected = [{ ...candidate("subnet-1"), verdict: "rejected" as const }];
    expect(addressCheck(awsTarget(), rejected, [GIVING]).outcome).toBe("passed");
  });
});
