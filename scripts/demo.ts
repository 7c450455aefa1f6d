/**
 * The main job from end to end on each substrate, showing every command with the important lines of its output: a
 * container on this machine's engine from a registry in this process, then an EC2 instance and a Compute Engine VM on
 * local fakes. Without a usable engine it shows everything up to the launch and prints what is missing. Exits with 1 if a
 * machine is left.
 */
import { constants } from "node:os";
import { demoDocker } from "./demo/docker.ts";
import { demoEc2 } from "./demo/ec2.ts";
import { demoGce } from "./demo/gce.ts";
import { printSummary } from "./demo/summary.ts";
import { Interruption } from "./demo/world.ts";

try {
  const outcomes = [
    { substrate: "Docker", outcome: await demoDocker() },
    { substrate: "EC2 (local fake)", outcome: await demoEc2() },
    { substrate: "Compute Engine (local fake)", outcome: await demoGce() },
  ];
  if (printSummary(outcomes) > 0) process.exitCode = 1;
} catch (caught) {
  if (!(caught instanceof Interruption)) throw caught;
  process.exitCode = 128 + constants.signals[caught.signal];
}
