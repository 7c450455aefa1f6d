import { expect, it } from "vitest";
import { loginCommands } from "../../../../../adapters/gce/machines/login-commands.ts";
import { quoteWords } from "../../../../../src/host/quote-words.ts";

it.each([
  [
    "projects/example.com:agents/zones/us-central1-a/instances/one-1",
    ["gcloud compute ssh one-1 --zone us-central1-a --project example.com:agents"],
  ],
  ["i-0123456789abcdef0", []],
])("of %s", (id, lines) => {
  expect(loginCommands(id).map(quoteWords)).toEqual(lines);
});
