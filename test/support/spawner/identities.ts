import { containerName } from "../../../adapters/docker/launch/launch-request.ts";
import { instanceName, requestId } from "../../../adapters/gce/launch/names.ts";
import { launchId, launchToken } from "../../../src/ledger/launch-token.ts";
import { samplePlan } from "../sample-plan.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

/** Everything that distinguishes the launches of a workspace. */
export interface LaunchKey {
  readonly spawnId: string;
  readonly number: number;
  readonly place: string;
  readonly subnet: string;
}

/** All identifiers of a launch, in the ledger and at each provider. */
export function identityOf({ spawnId, number, place, subnet }: LaunchKey) {
  const token = launchToken({
    owner: "ledger-1",
    number,
    plan: samplePlan(),
    place: { place, subnet, verdict: "eligible", reason: null },
    members: [{ spawnId, ...NO_INPUT }],
    reuse: 0,
  });
  return {
    token,
    launchId: launchId(token),
    containerName: containerName(token, spawnId),
    instanceName: instanceName(token, spawnId),
    requestId: requestId(token, 0),
  };
}
