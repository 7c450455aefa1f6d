import type { Check, GuestRequest } from "../../src/plan.ts";
import { failed, passed } from "../../src/substrate/check.ts";

/** "User data is limited to 16 KB, in raw form, before it is base64-encoded." */
const LARGEST_USER_DATA = 16_384;

/** The workspace's own user data alone: what Slipway adds to it is measured when it is put together. */
export function userDataCheck({ userData }: Pick<GuestRequest, "userData">): Check {
  const bytes = Buffer.byteLength(userData ?? "", "utf8");
  if (bytes <= LARGEST_USER_DATA)
    return passed("user-data.size", `${bytes} bytes of user data are within EC2's 16 KiB`);
  return failed("user-data.size", {
    code: "FAILED_PRECONDITION",
    reason: "BOOT_DOCUMENT_TOO_LARGE",
    message: `the workspace's user data has ${bytes} bytes; EC2 takes ${LARGEST_USER_DATA} with Slipway's own`,
    remedy: "Shorten it, or let it fetch the rest.",
    metadata: { bytes, maximum_bytes: LARGEST_USER_DATA },
  });
}
