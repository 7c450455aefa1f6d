import type * as Ec2 from "@aws-sdk/client-ec2";
import type * as Sts from "@aws-sdk/client-sts";
import { createRequire } from "node:module";

/**
 * The SDK's packages are CommonJS. `import()` would read the two megabytes of EC2's twice more, to find out that they
 * are and which names they export, and that takes as long as to run them.
 */
const require = createRequire(import.meta.url);

// Kept here, because finding a loaded package again is a search of the file system's names, at every call.
let ec2: typeof Ec2 | null = null;
let sts: typeof Sts | null = null;

export function ec2Sdk(): typeof Ec2 {
  const sdk: typeof Ec2 = (ec2 ??= require("@aws-sdk/client-ec2"));
  return sdk;
}

export function stsSdk(): typeof Sts {
  const sdk: typeof Sts = (sts ??= require("@aws-sdk/client-sts"));
  return sdk;
}
