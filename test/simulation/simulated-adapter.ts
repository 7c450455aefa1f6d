import { chunksOf } from "../../adapters/aws/machines/instance-ids.ts";
import { cancellation, throwIfCancelled } from "../../src/async/cancellation.ts";
import type { SlipwayError } from "../../src/errors.ts";
import type {
  Launch,
  LaunchOutcome,
  Machine,
  SubstrateAdapter,
  TerminateOutcome,
} from "../../src/substrate/contract.ts";
import type { Pace } from "../../src/pacing/rates.ts";
import { knownMachine } from "../../src/substrate/contract.ts";
import { createCloudCaller, throttle } from "./cloud-caller.ts";
import type { Auditor } from "./auditor.ts";
import type { MemberAnswer, Operation } from "./cloud-launches.ts";
import type { SimulatedCloud } from "./cloud.ts";
import { nameOf } from "./machine.ts";
import { capabilitiesOf } from "./plans.ts";
import { never } from "./process.ts";
import type { SimulatedProcess } from "./process.ts";
import { tokenUsed, unanswered } from "./refusals.ts";
import type { Scene } from "./scene.ts";

export interface AdapterPorts {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly process: SimulatedProcess;
  readonly cloud: SimulatedCloud;
  readonly pace: Pace;
  /** The grace period if the adapter is opened for a sweep; otherwise null. */
  readonly sweepGrace: number | null;
}

/** Poll interval of an operation in milliseconds, and the maximum number of polls. */
const POLL_INTERVAL = 1_000;
const MAXIMUM_POLLS = 60;

const SUBSTRATES = { ec2: "AWS", gce: "GCP", docker: "DOCKER" } as const;

/** A cloud's adapter in one process: it behaves like the real adapters, over the simulated network. */
export function createSimulatedAdapter(ports: AdapterPorts): SubstrateAdapter {
  const { scene, auditor, process, cloud, sweepGrace } = ports;
  const { rates } = cloud;
  /** Recently launched by this process; the cloud may not show them yet. */
  const recent = new Map<string, Machine>();
  const { ask, pacedAsk, read } = createCloudCaller(ports);

  const launchAll = async (
    launch: Launch,
    signal: AbortSignal,
  ): Promise<readonly LaunchOutcome[]> => {
    // As in the real adapter, an EC2 launch waits for its reply even if it is cancelled.
    const patience = cloud.kind === "ec2" ? null : signal;
    const what = `launch for ${membersOf(launch)}`;
    const all = (outcome: LaunchOutcome) => launch.members.map(() => outcome);
    throwIfCancelled(signal, what);
    const reply = await ask(what, {
      effect: () => cloud.launch(launch),
      signal: patience,
      limit: rates?.launch,
      isMutating: true,
    });
    if (reply.kind === "throttled") return all(rejected(throttle(scene)));
    // Answered or thrown: either way it is unknown whether the request took effect.
    if (reply.kind === "failed" && scene.random.chance(0.2)) throw unanswered(what);
    if (reply.kind === "failed") return all(unknown(what));
    const answers =
      "members" in reply.value
        ? reply.value.members
        : await operationDone(reply.value.operation, patience);
    if (answers === null) return all(unknown(what));
    const outcomes = await Promise.all(answers.map((answer) => finish(answer, patience)));
    for (const one of outcomes)
      if (one.outcome === "accepted" && cloud.kind === "ec2")
        recent.set(one.machine.id, one.machine);
    if (signal.aborted && outcomes.every(({ outcome }) => outcome === "rejected"))
      throw cancellation(signal, what);
    return outcomes;
  };

  const finish = async (
    answer: MemberAnswer,
    signal: AbortSignal | null,
  ): Promise<LaunchOutcome> => {
    if ("error" in answer) return rejected(answer.error);
    const { machine } = answer;
    return cloud.kind === "docker" ? await start(machine, signal) : accepted(machine);
  };

  const operationDone = async (
    operation: Operation,
    signal: AbortSignal | null,
  ): Promise<readonly MemberAnswer[] | null> => {
    for (let looks = 0; looks < MAXIMUM_POLLS; looks += 1) {
      await process.clock.sleep(POLL_INTERVAL);
      const reply = await pacedAsk("operation", {
        effect: () => ({ done: operation.outcome() }),
        signal,
        limit: rates?.operation,
      });
      if (reply.kind === "failed" && looks > 2) break;
      const done = reply.kind === "answered" ? reply.value.done : null;
      if (done !== null) return done;
    }
    return null;
  };

  const start = async (machine: Machine, signal: AbortSignal | null): Promise<LaunchOutcome> => {
    const reply = await ask(`start of ${machine.id}`, {
      effect: () => cloud.start(machine.id),
      signal,
      isMutating: true,
    });
    if (reply.kind !== "answered") return unknown(`start of ${machine.id}`);
    return reply.value.machine === null ? rejected(tokenUsed()) : accepted(reply.value.machine);
  };

  const terminateChunk = async (
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly TerminateOutcome[]> => {
    const reply = await pacedAsk(`terminate ${ids.join(" ")}`, {
      effect: () => cloud.terminate(ids),
      signal,
      limit: rates?.terminate,
      isMutating: true,
      resources: ids.length,
    });
    const error = reply.kind === "throttled" ? throttle(scene) : unanswered("terminate");
    const answers = reply.kind === "answered" ? reply.value : [];
    return ids.map((id, index): TerminateOutcome => {
      const answer = answers[index];
      // A machine launched here recently exists, even if the cloud does not show it yet.
      if (answer === undefined || (answer === "unknown" && recent.has(id)))
        return { id, outcome: "failed", error };
      recent.delete(id);
      return { id, outcome: answer };
    });
  };

  return {
    substrate: SUBSTRATES[cloud.kind],
    capabilities: capabilitiesOf(cloud),
    secrets: () => [],
    inspectImage: () => Promise.reject(new Error("the simulation does not resolve")),
    preflight: () => Promise.reject(new Error("the simulation does not resolve")),
    async launch(launch, signal) {
      if (!process.isAlive) return await never();
      auditor.requested(process, launch);
      const outcomes = await launchAll(launch, signal);
      for (const [index, outcome] of outcomes.entries()) {
        const { tenant } = launch.ownership;
        const spawn = nameOf({ tenant, spawnId: launch.members[index]?.spawnId ?? "" });
        scene.narrate(process.id, () => `receives: ${spawn} ${outcomeWords(outcome)}`);
        if (outcome.outcome === "rejected")
          auditor.learned(
            process,
            { token: launch.token, spawn },
            outcome.error.retry === "same-token" ? "throttled" : "refused",
          );
      }
      return outcomes;
    },
    async describe(ids, signal) {
      const shown = await read("describe", {
        effect: () => cloud.describe(ids),
        signal,
        limit: rates?.describe,
      });
      const sightings = shown.map((sighting, index) =>
        sighting === "unknown" ? (recent.get(ids[index] ?? "") ?? sighting) : sighting,
      );
      for (const [index, sighting] of sightings.entries())
        if (sighting === null || (sighting !== "unknown" && sighting.state === "ended"))
          recordEnd(ports, ids[index] ?? "");
      return sightings;
    },
    async terminate(ids, signal) {
      if (!process.isAlive) return await never();
      if (sweepGrace !== null) auditor.sweepTerminates(process, ids, sweepGrace);
      const size = rates?.terminate.resources?.capacity ?? Math.max(ids.length, 1);
      const outcomes: TerminateOutcome[] = [];
      for (const chunk of chunksOf(ids, size))
        outcomes.push(...(await terminateChunk(chunk, signal)));
      return outcomes;
    },
    async list(_owner, signal) {
      const machines = await read("list", {
        effect: () => cloud.list(),
        signal,
        limit: rates?.list,
      });
      if (scene.random.chance(scene.faultRates.cutListing))
        throw unanswered("the second page of list");
      const shown = new Set(machines.map(({ id }) => id));
      // Launched here recently, and not shown everywhere yet.
      const missing = [...recent.values()].filter(({ id }) => !shown.has(id));
      const described =
        missing.length === 0
          ? []
          : await read("describe", {
              effect: () => cloud.describe(missing.map(({ id }) => id)),
              signal,
              limit: rates?.describe,
            });
      const all = [
        ...machines,
        ...described.flatMap((one, index) => {
          const machine = knownMachine(one) ?? missing[index];
          return machine === undefined || machine.state === "ended" ? [] : [machine];
        }),
      ];
      recordAbsence(ports, all);
      if (sweepGrace !== null) auditor.listed(process);
      return all;
    },
    async *logs() {
      yield Buffer.from("");
    },
    close: () => Promise.resolve(),
  };
}

/** Records that the process has learned of this machine's end. */
function recordEnd({ auditor, process }: AdapterPorts, id: string): void {
  const machine = auditor.machines.get(id);
  if (machine !== undefined) auditor.learned(process, machine, "ended");
}

/** Records for which members the process has received a listing without their machine. */
function recordAbsence({ auditor, process }: AdapterPorts, listed: readonly Machine[]): void {
  const shown = new Set(
    listed.map(({ id }) => {
      const machine = auditor.machines.get(id);
      return `${machine?.token} ${machine?.spawn}`;
    }),
  );
  // A settled launch needs no further evidence.
  for (const [spawn, { standing }] of auditor.unsettled)
    for (const { token } of standing.launches)
      if (!shown.has(`${token} ${spawn}`)) auditor.learned(process, { token, spawn }, "absent");
}

function membersOf({ members }: Launch): string {
  const [first] = members;
  const others = members.length > 1 ? ` and ${members.length - 1} more` : "";
  return `${first?.spawnId ?? "nobody"}${others}`;
}

function accepted(machine: Machine): LaunchOutcome {
  return { outcome: "accepted", machine };
}

function rejected(error: SlipwayError): LaunchOutcome {
  return { outcome: "rejected", error };
}

function unknown(what: string): LaunchOutcome {
  return { outcome: "unknown", error: unanswered(what) };
}

function outcomeWords(outcome: LaunchOutcome): string {
  return outcome.outcome === "accepted"
    ? `accepted as ${outcome.machine.id}, ${outcome.machine.state}`
    : `${outcome.outcome}, ${outcome.error.message}`;
}
