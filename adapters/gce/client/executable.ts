import { AsyncLocalStorage } from "node:async_hooks";
import { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { PluggableAuthClient } from "google-auth-library";

/** Node's channel for each process that it starts. https://nodejs.org/api/diagnostics_channel.html#child-process */
const STARTS = "child_process";

/**
 * The same client, whose executable may fail to start or be ended by a signal. The library does not listen for either,
 * so that Node would end this process.
 */
export function listenToExecutable(client: PluggableAuthClient): PluggableAuthClient {
  const retrieve = client.retrieveSubjectToken.bind(client);
  client.retrieveSubjectToken = async () => await listening(retrieve);
  return client;
}

async function listening(retrieve: () => Promise<string>): Promise<string> {
  const failure = Promise.withResolvers<never>();
  const ours = new AsyncLocalStorage<true>();
  const onStart = (message: unknown) => {
    const child = startedIn(message);
    if (child === null || ours.getStore() !== true) return;
    child.once("error", ({ message: words }) =>
      failure.reject(new Error(`the executable of credential_source cannot be started: ${words}`)),
    );
    child.once("exit", (code, signal) => {
      if (code === null) closeWith(child, signal);
    });
  };
  subscribe(STARTS, onStart);
  try {
    return await Promise.race([ours.run(true, retrieve), failure.promise]);
  } finally {
    unsubscribe(STARTS, onStart);
  }
}

/** The library reports the code of an exit, and fails if there is none. */
function closeWith(child: ChildProcess, signal: string | null): void {
  const listeners = child.listeners("close");
  child.removeAllListeners("close");
  child.once("close", () => {
    for (const listener of listeners) Reflect.apply(listener, child, [signal]);
  });
}

function startedIn(message: unknown): ChildProcess | null {
  const child: unknown =
    typeof message === "object" && message !== null ? Reflect.get(message, "process") : null;
  return child instanceof ChildProcess ? child : null;
}
