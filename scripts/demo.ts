/**
 * The main job from end to end on each substrate, every command shown with its real output: a container of this
 * machine's engine from a registry in this process, then an EC2 instance and a Compute Engine VM on local stand-ins.
 * Where no engine can be used, everything up to its launch is shown and the demo says what is missing.
 */
import { constants } from "node:os";
import { demoDocker } from "./demo/docker.ts";
import { demoEc2 } from "./demo/ec2.ts";
import { demoGce } from "./demo/gce.ts";
import { Interruption } from "./demo/world.ts";

try {
  await demoDocker();
  await demoEc2();
  await demoGce();
} catch (caught) {
  if (!(caught instanceof Interruption)) throw caught;
  process.exitCode = 128 + constants.signals[caught.signal];
}
