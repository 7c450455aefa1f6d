import { describe, expect, it } from "vitest";
import { adapterContract } from "../../testing/contract/adapter-contract.ts";
import { ec2Subject } from "../support/ec2-subject.ts";

adapterContract({
  name: "EC2 fake",
  subject: ec2Subject,
  runner: { describe, it, expect },
});
