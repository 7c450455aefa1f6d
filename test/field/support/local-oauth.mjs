// Preloaded into a process: requests for Google's token service go to the server in FIELD_OAUTH_PORT instead.
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

const request = https.request;

https.request = (...given) => {
  const [first, second] = given;
  const url = typeof first === "string" || first instanceof URL ? new URL(first) : null;
  const options = url === null ? first : { ...second, hostname: url.hostname };
  if ((options.hostname ?? options.host) !== "oauth2.googleapis.com") return request(...given);
  const answered = given.find((each) => typeof each === "function");
  const { method, headers } = options;
  const port = process.env.FIELD_OAUTH_PORT;
  return http.request({ method, headers, hostname: "127.0.0.1", port, path: "/token" }, answered);
};
syncBuiltinESMExports();
