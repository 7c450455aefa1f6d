/** Test kit for programs that embed Slipway and for authors of adapters: `slipway/testing`. */
export { adapterContract } from "./contract/adapter-contract.ts";
export type { AdapterContractOptions } from "./contract/adapter-contract.ts";
export type { AdapterSubject, ContractExpectation, ContractRunner } from "./contract/subject.ts";
export { createFakeAdapter } from "./substrate/fake-adapter.ts";
export type { FakeAdapter, FakeAdapterOptions, FakeCall } from "./substrate/fake-adapter.ts";
export type { FakeFault, FakeFaultKind, FakeVerb } from "./substrate/fake-faults.ts";
export type { CloudFault } from "./server/cloud-fault-grammar.ts";
export type { FaultHandle } from "./server/fault-board.ts";
export type { MetadataServer } from "./server/metadata.ts";
export type { FakeImage, FakePlace } from "./substrate/fake-world.ts";
export { createCrashPoints } from "./crash-points.ts";
export type { CrashPoints, CrashPointHook as Reach } from "./crash-points.ts";
export { createFakeClock, settle } from "./fake-clock.ts";
export type { FakeClock } from "./fake-clock.ts";
export * from "./registry/index.ts";
export * from "./ec2/index.ts";
export * from "./gce/index.ts";
