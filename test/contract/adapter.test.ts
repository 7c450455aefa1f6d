import { describe, expect, it } from "vitest";
import { adapterContract } from "../../testing/contract/adapter-contract.ts";
import { fakeSubject } from "../support/fake-subject.ts";

const runner = { describe, it, expect };

adapterContract({ name: "fake", subject: () => Promise.resolve(fakeSubject(1)), runner });
adapterContract({
  name: "fake in batches",
  subject: () => Promise.resolve(fakeSubject(5)),
  runner,
});
