import { describe, expect, it } from "vitest";
import { adapterContract } from "../../src/testing/adapter-contract.ts";
import { gceSubject } from "../support/gce-subject.ts";

adapterContract({ name: "gce", subject: gceSubject, runner: { describe, it, expect } });
