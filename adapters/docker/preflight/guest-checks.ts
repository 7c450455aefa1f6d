import { posix } from "node:path";
import { parseVolume, tmpfsTarget } from "../../../src/plan/container.ts";
import type { Check, PlanDraft } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import type { Failure } from "../../../src/substrate/check.ts";
import { LABEL_PREFIX } from "../labels.ts";
import { dockerTarget } from "../launch/launch-request.ts";
import type { ContainerSettings } from "../settings.ts";

/** The engine mounts over these folders when a container starts, so files copied there would be invisible. */
const KERNEL_FOLDERS = ["/proc", "/sys", "/dev"];
const UNPUBLISHING_NETWORKS: ReadonlySet<string> = new Set(["host", "none"]);

/** Checks the workspace's and the placement's wishes for the container itself. */
export function guestChecks(draft: PlanDraft, container: ContainerSettings): readonly Check[] {
  return [
    ...portChecks(container),
    ...variableChecks(container),
    ...userChecks(container),
    ...fileChecks(container, draft),
    ...mountChecks(draft),
    ...labelChecks(draft),
    ...userDataChecks(draft),
  ];
}

/** As runc and Podman say it: "uids and gids must be in range 0-2147483647". */
const LARGEST_ID = 2_147_483_647;

function userChecks({ user }: ContainerSettings): readonly Check[] {
  const wrong = user.split(":").find((id) => /^-?\d+$/.test(id) && !isId(Number(id)));
  if (wrong === undefined) return [];
  return [
    refused(
      "container.user",
      `the user ${JSON.stringify(user)} has the id ${wrong}, which no engine accepts`,
      `Use ids from 0 to ${LARGEST_ID} for the user and the group.`,
    ),
  ];
}

function isId(id: number): boolean {
  return id >= 0 && id <= LARGEST_ID;
}

function portChecks({ publish, network }: ContainerSettings): readonly Check[] {
  const name = "ports.published";
  if (publish.length === 0) return [];
  const ports = publish.map(({ port }) => port);
  const twice = ports.find((port, index) => ports.indexOf(port) !== index);
  if (twice !== undefined)
    return [
      refused(name, `port ${twice} is listed twice`, "List each port of the workspace once."),
    ];
  if (network !== null && UNPUBLISHING_NETWORKS.has(network))
    return [
      warning(name, {
        message: `ports are not published on the network ${network}`,
        remedy: "Name another network in the placement, or leave the workspace's ports out.",
      }),
    ];
  const published = ports.length === 1 ? "1 port is" : `${ports.length} ports are`;
  return [passed(name, `${published} published on the engine's host`)];
}

function variableChecks({ injectedEnv }: ContainerSettings): readonly Check[] {
  const seen = new Map<string, string>();
  for (const { name, from } of injectedEnv) {
    const other = seen.get(name);
    if (other !== undefined)
      return [
        refused(
          "environment.unique",
          `the variable ${name} is set by ${other} and by ${from}`,
          "Give one of the workspace's secrets another variable.",
        ),
      ];
    seen.set(name, from);
  }
  return [];
}

/** The targets of the placement's volumes and of the environment's temporary file systems. */
function mountTargets({ target, shape }: PlanDraft) {
  const { volumes = [] } = dockerTarget({ target });
  return {
    volumes: volumes.flatMap((entry) => parseVolume(entry)?.target ?? []),
    temporary: (shape.container?.tmpfs ?? []).map(tmpfsTarget),
  };
}

function mountChecks(draft: PlanDraft): readonly Check[] {
  const { volumes, temporary } = mountTargets(draft);
  const twice = temporary.find((target, index) =>
    [...volumes, ...temporary.slice(0, index)].some((other) => isSamePath(other, target)),
  );
  if (twice === undefined) return [];
  return [
    refused(
      "mounts.unique",
      `two mounts have the target ${twice}`,
      "Change one target: in tmpfs of the environment, or in volumes of the placement.",
    ),
  ];
}

function fileChecks({ files }: ContainerSettings, draft: PlanDraft): readonly Check[] {
  const { volumes, temporary } = mountTargets(draft);
  const mounted = files.find(({ path }) =>
    [...volumes, ...temporary].some((target) => isBelow(path, target)),
  );
  if (mounted !== undefined)
    return [
      refused(
        "files.visible",
        `${mounted.from} cannot be mounted at ${mounted.path}: a volume or tmpfs covers it, which would hide the file or keep it after the machine's end`,
        "Mount it elsewhere, such as under /run/secrets.",
      ),
    ];

  const hidden = files.find(({ path }) => KERNEL_FOLDERS.some((folder) => isBelow(path, folder)));
  if (hidden === undefined) return [];
  return [
    refused(
      "files.visible",
      `${hidden.from} cannot be mounted at ${hidden.path}: the kernel's own file systems cover it`,
      "Mount it elsewhere, such as under /run/secrets.",
    ),
  ];
}

function labelChecks(draft: PlanDraft): readonly Check[] {
  const reserved = Object.keys(dockerTarget(draft).labels).find((label) =>
    label.startsWith(LABEL_PREFIX),
  );
  if (reserved === undefined) return [];
  return [
    refused(
      "labels.reserved",
      `the placement sets the label ${reserved}: labels of ${LABEL_PREFIX}* are Slipway's own`,
      "Rename the label in the placement.",
    ),
  ];
}

function userDataChecks({ guest }: PlanDraft): readonly Check[] {
  if (guest.userData === null) return [];
  return [
    warning("user_data.run", {
      message: "the workspace has user_data, but containers do not run it",
      remedy: "Move the user_data into the image, or use a placement with virtual machines.",
    }),
  ];
}

function isBelow(path: string, folder: string): boolean {
  const base = posix.resolve(folder);
  const inner = posix.resolve(path);
  return inner === base || inner.startsWith(`${base}/`);
}

function isSamePath(one: string, other: string): boolean {
  return posix.resolve(one) === posix.resolve(other);
}

function refused(name: string, message: string, remedy: string): Check {
  const failure: Failure = {
    code: "FAILED_PRECONDITION",
    reason: "INVALID_RECORD",
    message,
    remedy,
  };
  return failed(name, failure);
}
