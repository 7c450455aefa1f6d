import type { ExecRequest, MachineAccess } from "../../src/substrate/contract.ts";
import type { AdapterSubject, Duties } from "./subject.ts";
import { failureOf, launchMachine, neverAborted } from "./support.ts";

type Access<Kind> = Extract<MachineAccess, { readonly kind: Kind }>;

const REQUEST: ExecRequest = {
  command: ["true"],
  env: {},
  user: null,
  workingDirectory: null,
  input: null,
  terminal: null,
  onOutput: () => Promise.resolve(),
};

/** The duties of the kind of access that an adapter has. */
export function accessDuties({ test, expect }: Duties): void {
  const withExec = async (
    { adapter }: AdapterSubject,
    check: (access: Access<"exec">) => Promise<void>,
  ): Promise<void> => {
    if (adapter.access?.kind === "exec") await check(adapter.access);
  };

  test("runs no command in a machine that never existed", async (subject) => {
    await withExec(subject, async (access) => {
      const run = () => access.exec(subject.unknownId, REQUEST, neverAborted());
      expect(await failureOf(run)).toMatchObject({
        code: "NOT_FOUND",
        reason: "MACHINE_NOT_FOUND",
      });
    });
  });

  test("runs no command when its signal is already aborted, and throws CANCELLED", async (subject) => {
    await withExec(subject, async (access) => {
      const run = () => access.exec(subject.unknownId, REQUEST, AbortSignal.abort());
      expect(await failureOf(run)).toMatchObject({ code: "CANCELLED", retry: "never" });
    });
  });

  test("names commands that lead to the machine", async ({ adapter, ...subject }) => {
    const { access } = adapter;
    if (access?.kind !== "commands") return;
    const { id } = await launchMachine({ adapter, ...subject }, { name: "entered" });
    const commands = access.commands(id);
    expect(commands.length > 0).toBe(true);
    const name = id.split("/").at(-1);
    for (const words of commands) expect(words).toContain(name);
  });
}
