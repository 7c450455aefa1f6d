import type { JsonObject, JsonValue } from "../../../src/errors.ts";
import type { InstanceReply } from "../client/replies.ts";

/** The options with which Compute Engine says that the machine runs, by the names of the records' fields. */
export function settingsOfInstance({ scheduling }: InstanceReply): JsonObject {
  const { provisioningModel, instanceTerminationAction } = scheduling ?? {};
  return filled({
    // Older machines have no provisioning model.
    market: provisioningModel === "SPOT" ? "SPOT" : "ON_DEMAND",
    terminationAction: instanceTerminationAction,
  });
}

/** Without the options that the reply does not have. */
function filled(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value == null ? [] : [[name, value]])),
  );
}
