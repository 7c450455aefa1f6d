import { isIP } from "node:net";
import { SlipwayError } from "../../errors.ts";
import type { Spawn } from "../../ledger/spawn-record.ts";
import { reachableAddress } from "../../substrate/contract.ts";
import { quoted } from "../terminal-text.ts";

/** How OpenSSH reaches a machine. */
export interface SshHost {
  /** The spawn's id, by which `ssh` finds the block. */
  readonly alias: string;
  readonly address: string;
  readonly port: number;
  /** Null: the user of another configuration of `ssh`, or else the local one. */
  readonly user: string | null;
  /** The machine's id, so that its key is not compared with that of an earlier machine at the same address. */
  readonly keyAlias: string;
}

const SSH_PORT = 22;

/**
 * A word that a configuration file has without quotes: no space or newline, which begin another word or directive, no
 * quote, no `#` of a comment, no `*`, `?` and `!` of a pattern, and no `%` or `$` of a token. A word is never a path or an
 * option, because it does not begin with a slash, a tilde or a dash.
 *
 * Source: https://man.openbsd.org/ssh_config
 */
const WORD = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/u;

/** @throws SlipwayError `MACHINE_NOT_STARTED` if the spawn has no machine with an address */
export function sshHostOf({ spawnId, state, machine }: Spawn, user: string | null): SshHost {
  const address = machine === null ? null : reachableAddress(machine.addresses);
  if (machine === null || address === null)
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "MACHINE_NOT_STARTED",
      message: `spawn ${spawnId} is ${state} and has no address`,
      remedy: `\`slipway describe ${spawnId}\` shows its machine.`,
      metadata: { spawn_id: spawnId, state },
    });
  return { alias: spawnId, address, port: SSH_PORT, user, keyAlias: machine.id };
}

/** The blocks of a file that `ssh -F` reads. @throws SlipwayError `INTERNAL` for a value that would change its meaning */
export function renderSshConfig(hosts: readonly SshHost[]): string {
  return hosts.map(renderHost).join("\n");
}

function renderHost({ alias, address, port, user, keyAlias }: SshHost): string {
  if (isIP(address) === 0) throw unsafe("address", address);
  const lines = [
    `Host ${word("id", alias)}`,
    `  HostName ${address}`,
    `  HostKeyAlias ${word("machine", keyAlias)}`,
    `  Port ${port}`,
    ...(user === null ? [] : [`  User ${word("user", user)}`]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function word(what: string, value: string): string {
  if (WORD.test(value)) return value;
  throw unsafe(what, value);
}

function unsafe(what: string, value: string): SlipwayError {
  return new SlipwayError({
    code: "INTERNAL",
    reason: "INTERNAL",
    message: `the ${what} ${quoted(value)} cannot be written to a configuration of ssh`,
    remedy: "Connect without the configuration: `slipway describe` shows the machine's addresses.",
  });
}
