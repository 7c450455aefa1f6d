import { ARCHITECTURES } from "../../src/plan/plan.ts";
import type { Architecture } from "../../src/plan/plan.ts";
import type { Machine, MachineEndVerdict, MachineState } from "../../src/substrate/contract.ts";
import { oneLine } from "./errors/engine-failure.ts";
import { containerVerdict } from "./errors/errors.ts";
import { LABELS, ownershipOf, read } from "./labels.ts";
import { settingsOfContainer } from "./machines/read-settings.ts";
import type { ContainerReply, ListedContainer } from "./client/replies.ts";

/** Container states in the engine's API: `created running paused restarting removing exited dead`. */
const STATES: ReadonlyMap<string, MachineState> = new Map([
  ["created", "pending"],
  ["restarting", "pending"],
  ["running", "running"],
  ["paused", "stopped"],
  ["removing", "ended"],
  ["exited", "ended"],
  ["dead", "ended"],
]);

const SIGNAL_BASE = 128;
const LARGEST_SIGNAL = 64;
const OUT_OF_MEMORY = "killed: out of memory";
const MEMORY_TOO_SMALL: MachineEndVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "MACHINE_EXITED",
  remedy:
    "Raise the memory of the environment's machine type or of the engine's host, or let the image's command use less.",
  blastRadius: "request",
  retry: "never",
};
const EXIT_STATUS = /^(?:Exited|Dead|Removal In Progress) \((\d{1,3})\)/;

/** A machine from the reply of `GET /containers/ID/json`. */
export function machineOf(reply: ContainerReply, place: string): Machine {
  const { State: container, Config: configuration, NetworkSettings: network } = reply;
  // A container that could not start stays "created"; `State.Error` has the reason.
  const failedStart = container.Status === "created" && container.Error !== "";
  const state = failedStart ? "ended" : stateOf(container.Status);
  const settings = settingsOfContainer(reply);
  return {
    ...identityOf(reply.Id, configuration.Labels, place),
    state,
    addresses: addressesOf(network),
    ports: portsOf(
      Object.entries(network?.Ports ?? {}).flatMap(([name, bindings]) =>
        (bindings ?? []).map(({ HostPort }) => {
          const [port, protocol] = name.split("/");
          return { port: Number(port), hostPort: Number(HostPort), protocol: protocol ?? "tcp" };
        }),
      ),
    ),
    end: state === "ended" ? endOf(container) : null,
    createdAt: reply.Created ?? null,
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

/** A machine from one item of the reply of `GET /containers/json`, which has no details about a container's end. */
export function machineOfListed(item: ListedContainer, place: string): Machine {
  const state = stateOf(item.State);
  return {
    ...identityOf(item.Id, item.Labels, place),
    state,
    addresses: addressesOf(item.NetworkSettings),
    ports: portsOf(
      (item.Ports ?? []).flatMap(({ PrivatePort, PublicPort, Type }) =>
        PublicPort == null ? [] : [{ port: PrivatePort, hostPort: PublicPort, protocol: Type }],
      ),
    ),
    end: state === "ended" ? listedEnd(item.Status) : null,
    createdAt: item.Created == null ? null : new Date(item.Created * 1000).toISOString(),
  };
}

function identityOf(id: string, labels: Readonly<Record<string, string>>, place: string) {
  return {
    id,
    place,
    architecture: architectureOf(read(labels, LABELS.architecture)),
    artifact: read(labels, LABELS.artifact),
    launchIndex: null,
    ownership: ownershipOf(labels),
  };
}

function stateOf(status: string): MachineState {
  return STATES.get(status) ?? "pending";
}

function architectureOf(label: string | null): Architecture | null {
  return ARCHITECTURES.find((architecture) => architecture === label) ?? null;
}

function endOf(container: ContainerReply["State"]): Machine["end"] {
  const { ExitCode: exitCode, Error: words, OOMKilled: outOfMemory } = container;
  if (outOfMemory) return { exitCode, message: OUT_OF_MEMORY, verdict: MEMORY_TOO_SMALL };
  if (words === "") return { exitCode, message: exitWords(exitCode) };
  return { exitCode, message: oneLine(words), verdict: containerVerdict(words) };
}

function listedEnd(status: string): Machine["end"] {
  const code = EXIT_STATUS.exec(status)?.[1];
  if (code === undefined) return { exitCode: null, message: oneLine(status) };
  return { exitCode: Number(code), message: exitWords(Number(code)) };
}

function exitWords(exitCode: number): string {
  const signal = exitCode - SIGNAL_BASE;
  return signal > 0 && signal <= LARGEST_SIGNAL
    ? `ended by signal ${signal}`
    : `exited with code ${exitCode}`;
}

/** The first network's address, IPv4 if it has one. The engine reports no public address. */
function addressesOf(network: ListedContainer["NetworkSettings"]): Machine["addresses"] {
  const attached = Object.values(network?.Networks ?? {});
  const version4 = attached.map((entry) => entry?.IPAddress).find(isText);
  const version6 = attached.map((entry) => entry?.GlobalIPv6Address).find(isText);
  return { private: version4 ?? version6 ?? null, public: null };
}

interface Publication {
  readonly port: number;
  readonly hostPort: number;
  readonly protocol: string;
}

/** Published TCP ports in ascending order. A port published on several addresses appears once. */
function portsOf(publications: readonly Publication[]): Machine["ports"] {
  const ports = new Map<number, number>();
  for (const { port, hostPort, protocol } of publications) {
    if (protocol !== "tcp" || !(port > 0) || !(hostPort > 0) || ports.has(port)) continue;
    ports.set(port, hostPort);
  }
  return [...ports]
    .map(([port, hostPort]) => ({ port, hostPort }))
    .toSorted((left, right) => left.port - right.port);
}

function isText(value: string | null | undefined): value is string {
  return typeof value === "string" && value !== "";
}
