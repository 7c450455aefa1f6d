import type { Check, PlanDraft } from "../../../src/plan/plan.ts";
import { parseVolume } from "../../../src/plan/container.ts";
import type { ContainerHost, ContainerShape } from "../../../src/plan/container.ts";
import { failed, passed, skipped, warning } from "../../../src/substrate/check.ts";
import { isPodman, isRootless } from "../client/engine-facts.ts";
import type { EngineFacts } from "../client/engine-facts.ts";
import { isHostDevice } from "../launch/container-options.ts";
import { dockerTarget } from "../launch/launch-request.ts";

type Options = ContainerHost & ContainerShape;

/** Checks the options of the placement and the environment against this engine. */
export function optionChecks(draft: PlanDraft, engine: EngineFacts): readonly Check[] {
  const options: Options = { ...dockerTarget(draft), ...draft.shape.container };
  return [
    ...volumeChecks(options, engine),
    ...loggingChecks(options, engine),
    ...runtimeChecks(options, engine),
    ...deviceChecks(options, engine),
    ...securityChecks(options, engine),
    ...privilegeChecks(options, engine),
  ];
}

function volumeChecks(
  { volumes = [], volumeDriver }: Options,
  engine: EngineFacts,
): readonly Check[] {
  const parsed = volumes.map(parseVolume).filter((volume) => volume !== null);
  const paths = parsed.filter(({ type }) => type === "bind").map(({ source }) => source ?? "");
  const names = parsed
    .filter(({ type }) => type === "volume")
    .flatMap(({ source }) => source ?? []);
  const anonymous = parsed.filter(({ source }) => source === null).map(({ target }) => target);
  return [
    ...(paths.length === 0 ? [] : [bindCheck(paths, engine)]),
    ...(names.length === 0
      ? []
      : [
          passed(
            "volumes.kept",
            `${counted("named volume", names)} will stay on the engine after the machine's end (\`docker volume rm\` removes one)`,
          ),
        ]),
    ...(anonymous.length === 0
      ? []
      : [
          passed(
            "volumes.removed",
            `${counted("anonymous volume", anonymous, "at ")} will end with the machine`,
          ),
        ]),
    ...(volumeDriver === undefined ? [] : [volumeDriverCheck(volumeDriver, engine)]),
  ];
}

/** No call of the engine's API says whether a path of its host exists. */
function bindCheck(paths: readonly string[], engine: EngineFacts): Check {
  const consequence = isPodman(engine)
    ? "Podman creates an empty folder if it does not"
    : "the engine refuses the launch if it does not";
  return skipped(
    "volumes.bind",
    `unknown whether the engine's host has ${paths.join(", ")}: ${consequence}`,
  );
}

function volumeDriverCheck(driver: string, engine: EngineFacts): Check {
  const name = "volumes.driver";
  if (isPodman(engine) && driver !== "local")
    return ignored(name, `volume_driver ${driver}`, "Create the volume on the engine first.");
  return pluginCheck(name, "volume driver", driver, engine.info.Plugins?.Volume);
}

/**
 * The engine lists a plugin of the older kind only while something uses it, so an absent one may exist.
 *
 * Source: `PluginsInfo` in https://docs.docker.com/reference/api/engine/version/v1.48/#tag/System/operation/SystemInfo
 */
function pluginCheck(
  name: string,
  kind: string,
  plugin: string,
  listed: readonly string[] | null | undefined,
): Check {
  if (listed == null) return skipped(name, `the engine does not list its ${kind}s`);
  if (listed.includes(plugin)) return passed(name, `the engine has the ${kind} ${plugin}`);
  return warning(name, {
    code: "FAILED_PRECONDITION",
    reason: "HOST_RESOURCE_NOT_FOUND",
    message: `the engine does not list the ${kind} ${plugin}; it has ${listed.join(", ")}`,
    remedy: `Install and enable the plugin ${plugin} on the engine, or name another ${kind} in the placement.`,
  });
}

/** Podman reads `json-file` as its own `k8s-file`. */
const PODMAN_ALIASES: ReadonlySet<string> = new Set(["json-file"]);

function loggingChecks({ logging }: Options, engine: EngineFacts): readonly Check[] {
  const { driver } = logging ?? {};
  if (driver === undefined) return [];
  const name = "logging.driver";
  if (driver === "none")
    return [
      warning(name, {
        message: "with the logging driver none, the machine's output is lost and cannot be read",
        remedy: "Name another driver in the placement's logging.",
      }),
    ];
  if (isPodman(engine) && PODMAN_ALIASES.has(driver))
    return [passed(name, `Podman reads ${driver} as k8s-file`)];
  return [pluginCheck(name, "logging driver", driver, engine.info.Plugins?.Log)];
}

function runtimeChecks({ runtime }: Options, engine: EngineFacts): readonly Check[] {
  if (runtime === undefined) return [];
  const name = "engine.runtime";
  if (isPodman(engine))
    return [ignored(name, `runtime ${runtime}`, "Set the runtime in Podman's containers.conf.")];
  const runtimes = Object.keys(engine.info.Runtimes ?? {});
  // From Docker 23 on, the name of a containerd shim needs no entry.
  if (runtimes.includes(runtime) || runtime.startsWith("io.containerd."))
    return [passed(name, `the engine has the runtime ${runtime}`)];
  return [
    failed(name, {
      code: "FAILED_PRECONDITION",
      reason: "HOST_RESOURCE_NOT_FOUND",
      message: `the engine has no runtime ${runtime}; it has ${runtimes.join(", ")}`,
      remedy: `Add the runtime to the engine's daemon.json, or name another in the placement.`,
      blastRadius: "zone",
    }),
  ];
}

function deviceChecks({ devices = [], gpus = [] }: Options, engine: EngineFacts): readonly Check[] {
  const onHost = devices.filter(isHostDevice).map((device) => device.split(":")[0] ?? "");
  const cdi = devices.filter((device) => !isHostDevice(device));
  return [
    ...(onHost.length === 0
      ? []
      : [
          skipped(
            "devices.host",
            `unknown whether the engine's host has ${onHost.join(", ")}: the engine refuses the launch if it does not`,
          ),
        ]),
    ...(cdi.length === 0 ? [] : [cdiCheck(cdi, engine)]),
    ...(gpus.length === 0 ? [] : [gpuCheck(engine)]),
  ];
}

/** https://docs.docker.com/reference/cli/docker/container/run/#cdi-devices */
function cdiCheck(devices: readonly string[], engine: EngineFacts): Check {
  const name = "devices.cdi";
  const request = `the CDI devices ${devices.join(", ")}`;
  if (isPodman(engine))
    return ignored(name, request, "Name the device files (/dev/…) in the placement's devices.");
  if ((engine.info.CDISpecDirs ?? []).length > 0) return passed(name, "the engine has CDI enabled");
  return warning(name, {
    code: "FAILED_PRECONDITION",
    reason: "HOST_RESOURCE_NOT_FOUND",
    message: `the engine does not have CDI enabled, and may refuse ${request}`,
    remedy: "Use Docker 25 or later with CDI enabled in its daemon.json, or name device files.",
  });
}

/** Before CDI, the engine's own driver for processors of NVIDIA needs their toolkit on its host. */
function gpuCheck(engine: EngineFacts): Check {
  const name = "engine.gpus";
  if (isPodman(engine))
    return ignored(name, "gpus", "Name the device files (/dev/…) in the placement's devices.");
  const { Runtimes, CDISpecDirs } = engine.info;
  if (Object.hasOwn(Runtimes ?? {}, "nvidia"))
    return passed(name, "the engine has NVIDIA's runtime");
  const finding = "the engine lists no runtime for graphics processors";
  if ((CDISpecDirs ?? []).length > 0)
    return skipped(name, `${finding}; it has CDI enabled, whose devices it does not list`);
  return warning(name, {
    code: "FAILED_PRECONDITION",
    reason: "HOST_RESOURCE_NOT_FOUND",
    message: `${finding}, and may refuse the launch`,
    remedy: "Install the driver and the NVIDIA container toolkit on the engine's host.",
  });
}

const SECURITY_MODULES = [
  { option: /^apparmor[=:]/, feature: "apparmor", title: "AppArmor" },
  { option: /^label[=:](?!disable$)/, feature: "selinux", title: "SELinux" },
] as const;

function securityChecks({ securityOpt = [] }: Options, engine: EngineFacts): readonly Check[] {
  const has = (feature: string) =>
    (engine.info.SecurityOptions ?? []).some((option) => option.startsWith(`name=${feature}`));
  const checks: Check[] = [];
  for (const { option, feature, title } of SECURITY_MODULES)
    if (securityOpt.some((text) => option.test(text)) && !has(feature))
      checks.push(
        warning(`security.${feature}`, {
          message: `the engine's host has no ${title}: security_opt for it has no effect, or the engine refuses it`,
          remedy: `Remove the option from the environment, or enable ${title} on the engine's host.`,
        }),
      );
  if (securityOpt.some((text) => /^seccomp[=:]\s*\{/.test(text)) && !has("seccomp"))
    checks.push(
      failed("security.seccomp", {
        code: "FAILED_PRECONDITION",
        reason: "ENGINE_HOST_FAULT",
        message: "the engine's kernel has no seccomp, so the engine refuses a seccomp profile",
        remedy: "Remove the profile from the environment, or use an engine with seccomp.",
        blastRadius: "zone",
      }),
    );
  if (isPodman(engine) && securityOpt.includes("systempaths=unconfined"))
    checks.push(
      ignored(
        "security.systempaths",
        "systempaths=unconfined",
        "Set privileged in the placement if the machine needs these paths.",
      ),
    );
  return checks;
}

function privilegeChecks(
  { privileged = false, capAdd = [], devices = [] }: Options,
  engine: EngineFacts,
): readonly Check[] {
  const name = "container.privileged";
  const checks: Check[] = [];
  if (privileged)
    checks.push(
      warning(name, {
        message: "the container is privileged: what runs in it controls the engine's host",
        remedy: "Prefer cap_add and security_opt in the environment, and devices in the placement.",
      }),
    );
  if (isRootless(engine) && (privileged || capAdd.length > 0 || devices.length > 0))
    checks.push(
      warning("engine.rootless", {
        message:
          "the engine is rootless: privileged, cap_add and devices give at most what the engine's user may do",
        remedy: "Use an engine that runs as root if the machine needs more.",
      }),
    );
  return checks;
}

/** Seen with Podman 4.3: it accepts these options of Docker's API and does not apply them. */
function ignored(name: string, option: string, remedy: string): Check {
  return warning(name, {
    message: `Podman's Docker API accepts ${option} and does not apply it`,
    remedy,
  });
}

function counted(noun: string, items: readonly string[], preposition = ""): string {
  return `the ${noun}${items.length === 1 ? "" : "s"} ${preposition}${items.join(", ")}`;
}
