import { throwIfCancelled } from "../../src/cancellation.ts";
import type { SlipwayError } from "../../src/errors.ts";
import type {
  Launch,
  LaunchOutcome,
  Machine,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";
import type { Auditor } from "./auditor.ts";
import type { LaunchAnswer, SimulatedCloud } from "./cloud.ts";
import { told } from "./machine.ts";
import { send } from "./network.ts";
import type { Reply } from "./network.ts";
import { capabilitiesOf } from "./plans.ts";
import { never } from "./process.ts";
import type { SimulatedProcess } from "./process.ts";
import { spent, throttled, unanswered } from "./refusals.ts";
import type { Scene } from "./scene.ts";

export interface AdapterPorts {
  readonly scene: Scene;
  readonly auditor: Auditor;
  readonly process: SimulatedProcess;
  readonly cloud: SimulatedCloud;
  /** The grace period of the sweep that it is opened for; null for any other work. */
  readonly sweepGrace: number | null;
}

/** Between two looks at an operation, in milliseconds, and how many there are at most. */
const LOOK = 1_000;
const LOOKS = 60;

const SUBSTRATES = { ec2: "AWS", gce: "GCP", docker: "DOCKER" } as const;

/** A cloud's adapter in one process: the real adapters' manners over the simulated network. */
export function createSimulatedAdapter(ports: AdapterPorts): SubstrateAdapter {
  const { scene, auditor, process, cloud, sweepGrace } = ports;
  /** What this process launched a moment ago and its cloud may not show yet. */
  const recent = new Map<string, Machine>();
  const ask = <Value>(
    what: string,
    effect: () => Value,
    signal: AbortSignal | null,
    isMutating = false,
  ): Promise<Reply<Value>> =>
    send(scene, {
      process,
      what: `${cloud.kind} ${what}`,
      effect,
      signal,
      isMutating,
      isOut: () => cloud.outUntil > scene.scheduler.now(),
    });
  const read = async <Value>(what: string, effect: () => Value, signal: AbortSignal) =>
    valueOf(scene, what, await ask(what, effect, signal));

  const launchOne = async (launch: Launch, signal: AbortSignal): Promise<LaunchOutcome> => {
    // A launch on EC2 is seen through, whoever gives it up meanwhile.
    const patience = cloud.kind === "ec2" ? null : signal;
    const what = `launch for ${launch.members[0]?.spawnId ?? ""}`;
    throwIfCancelled(signal, what);
    const reply = await ask(what, () => cloud.launch(launch), patience, true);
    if (reply.kind === "throttled") return rejected(throttle(scene));
    // Answered or thrown: how far it came is not known either way.
    if (reply.kind === "failed" && scene.random.chance(0.2)) throw unanswered(what);
    if (reply.kind === "failed") return unknown(what);
    const outcome = await finish(reply.value, what, patience);
    if (outcome.outcome === "accepted" && cloud.kind === "ec2")
      recent.set(outcome.machine.id, outcome.machine);
    return outcome;
  };

  const finish = async (
    answer: LaunchAnswer,
    what: string,
    signal: AbortSignal | null,
  ): Promise<LaunchOutcome> => {
    if ("error" in answer) return rejected(answer.error);
    if ("machine" in answer) {
      const { machine } = answer;
      return cloud.kind === "docker" ? await start(machine, signal) : accepted(machine);
    }
    const { operation } = answer;
    for (let looks = 0; looks < LOOKS; looks += 1) {
      await process.clock.sleep(LOOK);
      const reply = await ask("operation", () => ({ ...operation }), signal);
      if (reply.kind === "failed" && looks > 2) break;
      const done = reply.kind === "answered" ? reply.value.outcome : null;
      if (done === null) continue;
      if ("error" in done) return rejected(done.error);
      // The disk is read to confirm its image, and is gone with its machine.
      return done.machine.isGone ? rejected(spent()) : accepted(told(done.machine));
    }
    return unknown(what);
  };

  const start = async (machine: Machine, signal: AbortSignal | null): Promise<LaunchOutcome> => {
    const reply = await ask(`start of ${machine.id}`, () => cloud.start(machine.id), signal, true);
    if (reply.kind !== "answered") return unknown(`start of ${machine.id}`);
    return reply.value.machine === null ? rejected(spent()) : accepted(reply.value.machine);
  };

  return {
    substrate: SUBSTRATES[cloud.kind],
    capabilities: capabilitiesOf(cloud.kind, cloud.tokenMilliseconds),
    inspectImage: () => Promise.reject(new Error("nothing is resolved in a simulation")),
    preflight: () => Promise.reject(new Error("nothing is resolved in a simulation")),
    async launch(launch, signal) {
      if (!process.isAlive) return await never();
      auditor.asks(process, launch);
      const outcome = await launchOne(launch, signal);
      scene.tell(process.id, () => `hears: ${outcomeWords(outcome)}`);
      if (outcome.outcome === "rejected")
        auditor.heard(
          process,
          launch.token,
          outcome.error.retry === "same-token" ? "throttled" : "refused",
        );
      return [outcome];
    },
    async describe(ids, signal) {
      const shown = await read("describe", () => cloud.describe(ids), signal);
      const machines = shown.map(
        (machine, index) => machine ?? recent.get(ids[index] ?? "") ?? null,
      );
      for (const [index, machine] of machines.entries())
        if (machine === null || machine.state === "ended") tellEnd(ports, ids[index] ?? "");
      return machines;
    },
    async terminate(ids, signal) {
      if (!process.isAlive) return await never();
      if (sweepGrace !== null) auditor.sweeps(process, ids, sweepGrace);
      const effect = () => cloud.terminate(ids);
      const reply = await ask(`terminate ${ids.join(" ")}`, effect, signal, true);
      if (reply.kind === "answered") {
        for (const id of ids) recent.delete(id);
        return ids.map((id) => ({ id, outcome: "terminated" }));
      }
      const error = reply.kind === "throttled" ? throttle(scene) : unanswered("terminate");
      return ids.map((id) => ({ id, outcome: "failed", error }));
    },
    async list(_owner, signal) {
      const machines = await read("list", () => cloud.list(), signal);
      if (scene.random.chance(scene.mood.cutListing)) throw unanswered("the second page of list");
      const shown = new Set(machines.map(({ id }) => id));
      // Just launched here, and not shown everywhere yet.
      const missing = [...recent.values()].filter(({ id }) => !shown.has(id));
      const described =
        missing.length === 0
          ? []
          : await read("describe", () => cloud.describe(missing.map(({ id }) => id)), signal);
      const all = [
        ...machines,
        ...described.flatMap((one, index) => {
          const machine = one ?? missing[index];
          return machine === undefined || machine.state === "ended" ? [] : [machine];
        }),
      ];
      tellAbsent(ports, all);
      if (sweepGrace !== null) auditor.listed(process);
      return all;
    },
    async *logs() {
      yield Buffer.from("");
    },
    close: () => Promise.resolve(),
  };
}

/** The process knows now that this machine has ended. */
function tellEnd({ auditor, process }: AdapterPorts, id: string): void {
  const machine = auditor.machines.find((one) => one.id === id);
  if (machine !== undefined) auditor.heard(process, machine.token, "ended");
}

/** The process knows now of which launches no machine is listed. */
function tellAbsent({ auditor, process }: AdapterPorts, listed: readonly Machine[]): void {
  const launches = new Set(listed.map(({ ownership }) => ownership?.launchId));
  for (const { standing } of auditor.records.values())
    for (const { token } of standing.launches)
      if (!launches.has(token.slice(0, 32))) auditor.heard(process, token, "absent");
}

function valueOf<Value>(scene: Scene, what: string, reply: Reply<Value>): Value {
  if (reply.kind === "answered") return reply.value;
  throw reply.kind === "throttled" ? throttle(scene) : unanswered(what);
}

function throttle({ random }: Scene): SlipwayError {
  return throttled(random.pick([0, 0, 1, 5]));
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
