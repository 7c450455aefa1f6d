import { describe, expect, it } from "vitest";
import { changes, ec2Scene, failures } from "../support/ec2-resolve.ts";
import { CALLER_FAILURES } from "./support/aws-caller-failures.ts";
import { IMAGE_FAILURES } from "./support/aws-image-failures.ts";
import { MACHINE_FAILURES } from "./support/aws-machine-failures.ts";
import { PLACE_FAILURES } from "./support/aws-place-failures.ts";

describe("resolving on EC2 fails with an explanation:", () => {
  it.each([...IMAGE_FAILURES, ...MACHINE_FAILURES, ...PLACE_FAILURES, ...CALLER_FAILURES])(
    "$name",
    async ({ given, check, reason, message, remedy }) => {
      await using scene = await ec2Scene();
      const { checks } = await scene.resolve(given(scene));
      expect(failures(checks)).toEqual({ [check]: reason });
      const failed = checks.find(({ name }) => name === check);
      expect(failed?.message).toMatch(message);
      expect(failed?.remedy).toMatch(remedy);
      expect(changes(scene.ec2).filter((action) => action !== "AssumeRole")).toEqual([]);
    },
  );
});
