import { describe, expect, it } from "vitest";
import { adapterContract } from "../../src/testing/adapter-contract.ts";
import { ec2Subject } from "../support/ec2-subject.ts";

adapterContract({
  name: "EC2 on its stand-in",
  subject: ec2Subject,
  runner: { describe, it, expect },
});
