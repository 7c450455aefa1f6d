import { once } from "node:events";
import { slipwayProcess } from "./slipway-process.ts";

/** `slipway fake` as a process of its own. */
export interface FakeProcess extends AsyncDisposable {
  readonly url: string;
  /** Sends the signal and waits until the process has ended. */
  end(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): ReturnType<typeof slipwayProcess>;
}

export async function startFake(...argv: readonly string[]): Promise<FakeProcess> {
  const { promise: firstLine, resolve, reject } = Promise.withResolvers<string>();
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  const ran = slipwayProcess(["fake", ...argv], {
    onStart(child) {
      kill = (signal) => void child.kill(signal);
      if (child.stdout !== null)
        void once(child.stdout, "data").then(([line]) => resolve(String(line)));
    },
  });
  void ran.then(({ stderr }) => reject(new Error(`the fake ended: ${stderr}`)), reject);
  const line = await firstLine;
  const end: FakeProcess["end"] = (signal) => {
    kill(signal);
    return ran;
  };
  return {
    url: /^listening on (\S+)\n/.exec(line)?.[1] ?? "",
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  };
}
