import type { Context } from "../context.ts";
import { invalidField } from "../failure.ts";
import { requireName } from "../names.ts";
import type { Draft } from "../operations.ts";
import { type Member, draftMember, noReservations } from "./make.ts";
import { planLaunch } from "./plan.ts";
import { requirePolicies } from "../policies.ts";
import type { Project } from "../records.ts";
import type { BulkBody } from "./request.ts";

const MAXIMUM_COUNT = 5000;

/**
 * Validates a bulk insert. Members are created one by one. If fewer than `minCount` (default: all) can be created, none
 * remains, and the whole operation fails with the error of the first failed member.
 */
export function draftBulk(context: Context, zone: string, body: BulkBody): Draft {
  const { project, timing } = context;
  const members = membersOf(context, zone, body);
  const minCount = body.minCount ?? members.length;
  if (minCount < 1 || minCount > members.length)
    throw invalidField("resource.minCount", String(minCount), "Must be between 1 and count.");
  const plan = planLaunch(context, { zone, typesBy: "name" }, body.instanceProperties);
  for (const { name } of members) requirePolicies(context, plan, name);
  const reserved = noReservations();
  const drafts = members.map((member) => draftMember(context, plan, member, reserved));
  const failed = drafts.filter(({ error }) => error !== null);
  const isEnough = drafts.length - failed.length >= minCount;
  return {
    scope: { kind: "zone", name: zone },
    type: "bulkInsert",
    targetLink: `projects/${project.id}/zones/${zone}`,
    targetId: null,
    durationMs: timing.provisioningMs + timing.stagingMs,
    error: isEnough ? null : (failed[0]?.error ?? null),
    takeEffect: () => undefined,
    bulk: { location: `zones/${zone}`, members: drafts },
  };
}

function membersOf({ project }: Context, zone: string, body: BulkBody): readonly Member[] {
  const { perInstanceProperties = {}, namePattern } = body;
  const named = Object.entries(perInstanceProperties);
  const count = body.count ?? named.length;
  if (count < 1 || count > MAXIMUM_COUNT)
    throw invalidField("resource.count", String(count), `Must be between 1 and ${MAXIMUM_COUNT}.`);
  if (named.length > 0 === (namePattern !== undefined))
    throw invalidField(
      "resource.namePattern",
      namePattern ?? "",
      "Exactly one of namePattern and perInstanceProperties is required.",
    );
  if (named.length > 0 && named.length !== count)
    throw invalidField(
      "resource.perInstanceProperties",
      String(named.length),
      "Must have as many entries as count.",
    );
  const names =
    namePattern === undefined
      ? named.map(([key]) => key)
      : patternNames(namePattern, count, namesIn(project, zone));
  for (const name of names) requireName(name, "resource.perInstanceProperties");
  return names.map((name) => ({
    name,
    hostname: named.find(([key]) => key === name)?.[1].hostname ?? null,
    deletionProtection: false,
  }));
}

function namesIn({ instances }: Project, zone: string): readonly string[] {
  return [...instances.values()].filter((one) => one.zone === zone).map(({ name }) => name);
}

/** `web-###` yields web-001, web-002 and so on, continuing after the greatest existing number. */
function patternNames(pattern: string, count: number, taken: readonly string[]): readonly string[] {
  const marks = /#{1,18}/.exec(pattern)?.[0];
  if (marks === undefined || pattern.split("#").length - 1 !== marks.length)
    throw invalidField(
      "resource.namePattern",
      pattern,
      "Must contain one sequence of '#' characters.",
    );
  const [before = "", after = ""] = pattern.split(marks);
  const numbers = taken
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length))
    .filter((digits) => digits.length === marks.length && /^\d+$/.test(digits));
  const first = Math.max(0, ...numbers.map(Number)) + 1;
  return Array.from(
    { length: count },
    (_, index) => `${before}${String(first + index).padStart(marks.length, "0")}${after}`,
  );
}
