// Preloaded into a process: prints each name that the process looks up, on standard error, and finds none of them.
import dns from "node:dns";
import { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

dns.lookup = (hostname, options, done) => {
  writeSync(2, `lookup ${hostname}\n`);
  const callback = typeof options === "function" ? options : done;
  const words = `getaddrinfo ENOTFOUND ${hostname}`;
  callback(
    Object.assign(new Error(words), { code: "ENOTFOUND", hostname, syscall: "getaddrinfo" }),
  );
};
syncBuiltinESMExports();
