/** The options of an EC2 instance in a plan. */
import { z } from "zod";

/** The options that the placement sets. */
export function instanceFields() {
  return {
    securityGroupIds: z.array(z.string()).exactOptional(),
  };
}
