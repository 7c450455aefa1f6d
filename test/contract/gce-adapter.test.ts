import { describe, expect, it } from "vitest";
import { adapterContract } from "../../testing/contract/adapter-contract.ts";
import { gceSubject } from "../support/gce-subject.ts";

adapterContract({ name: "gce", subject: gceSubject, runner: { describe, it, expect } });
