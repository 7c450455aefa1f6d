import { cancellation } from "../../src/async/cancellation.ts";
import { isSlipwayError } from "../../src/errors.ts";
import { proxyRule } from "../../src/proxy/proxy-rule.ts";
import { failedBy, passed } from "../../src/substrate/check.ts";
import { peerClock } from "../../src/substrate/diagnosis.ts";
import type { ConnectionDiagnosis } from "../../src/substrate/diagnosis.ts";
import type { DockerAdapterOptions } from "./adapter.ts";
import { createEngineApi } from "./client/api.ts";
import { locateEngine } from "./client/endpoint-provider.ts";
import type { LocatedEngine } from "./client/endpoint-provider.ts";
import { createEngineFacts, isPodman, isRootless } from "./client/engine-facts.ts";
import type { EngineFacts } from "./client/engine-facts.ts";
import { createTransport } from "./client/transport.ts";
import { engineError } from "./errors/errors.ts";
import { versionCheck } from "./preflight/engine-checks.ts";
import { configurationChecks } from "./preflight/preflight.ts";

export type EngineDiagnosisOptions = Pick<
  DockerAdapterOptions,
  "host" | "environment" | "home" | "now" | "sshProgram"
>;

const NAME = "engine";

/** Finds the engine and asks it about itself. Only a cancellation is thrown. */
export async function diagnoseEngine(
  options: EngineDiagnosisOptions,
  signal: AbortSignal,
): Promise<ConnectionDiagnosis> {
  try {
    return await askEngine(await locateEngine(options), options, signal);
  } catch (caught) {
    if (!isSlipwayError(caught) || caught.code === "CANCELLED") throw caught;
    return { checks: [failedBy(NAME, caught)], clock: null };
  }
}

async function askEngine(
  located: LocatedEngine,
  { environment, sshProgram, now }: EngineDiagnosisOptions,
  signal: AbortSignal,
): Promise<ConnectionDiagnosis> {
  const { endpoint, origin } = located;
  const { address } = endpoint;
  const ssh = sshProgram === undefined ? {} : { sshProgram };
  const transport = createTransport(endpoint, { proxy: proxyRule(environment), ...ssh });
  const configuration = configurationChecks(endpoint).map((check) => ({ ...check, name: NAME }));
  try {
    const facts = await createEngineFacts(createEngineApi(transport), now).read(signal);
    const version = versionCheck(facts);
    const found = `${address} (${origin}): ${descriptionOf(facts)}`;
    return {
      checks: [
        version.outcome === "passed" ? passed(NAME, found) : { ...version, name: NAME },
        ...configuration,
      ],
      clock: peerClock(`the engine at ${address}`, facts.info.SystemTime, now()),
    };
  } catch (caught) {
    if (signal.aborted) throw cancellation(signal, `asking the engine at ${address}`);
    const context = { operation: "info", engine: address, subject: "the engine" } as const;
    const error = engineError(caught, context);
    const from = `${origin}: `;
    return { checks: [failedBy(NAME, error, from), ...configuration], clock: null };
  } finally {
    await transport.close();
  }
}

/** `Docker 27.3.1 (API 1.47), linux/arm64, rootless` */
function descriptionOf(facts: EngineFacts): string {
  const { info, version } = facts;
  const product = isPodman(facts) ? "Podman" : "Docker";
  return [
    `${product} ${version.Version} (API ${version.ApiVersion})`,
    `${info.OSType}/${info.Architecture || version.Arch}`,
    ...(isRootless(facts) ? ["rootless"] : []),
  ].join(", ");
}
