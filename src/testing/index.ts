/** What programs that embed Slipway, and adapters of others, need to test themselves: `slipway/testing`. */
export { adapterContract } from "./adapter-contract.ts";
export type { AdapterContractOptions } from "./adapter-contract.ts";
export type { AdapterSubject, ContractExpectation, ContractRunner } from "./contract/subject.ts";
export { createFakeAdapter } from "./fake-adapter.ts";
export type { FakeAdapter, FakeAdapterOptions, FakeCall } from "./fake-adapter.ts";
export type { FakeFault, FakeFaultKind, FakeVerb } from "./fake-faults.ts";
export type { CloudFault } from "./cloud-fault-grammar.ts";
export type { FaultHandle } from "./fault-board.ts";
export type { FakeImage, FakePlace } from "./fake-world.ts";
export { createCrashPoints } from "./crash-points.ts";
export type { CrashPoints, Reach } from "./crash-points.ts";
export { createFakeClock, settle } from "./fake-clock.ts";
export type { FakeClock } from "./fake-clock.ts";
export * from "./registry/index.ts";
export * from "./ec2/index.ts";
export * from "./gce/index.ts";
