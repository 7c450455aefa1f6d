import { deflateRawSync } from "node:zlib";
import type { JsonObject } from "../errors.ts";
import { asciiJson } from "./ascii-json.ts";
import type { GuestIdentity } from "../substrate/contract.ts";

/** The folder of the machine's own files. It is in memory, so the script writes them again at each boot. */
const FOLDER = "/run/slipway";
/** How long the script repeats a request to the metadata server, in seconds. cloud-init has read it just before. */
const RETRY_SECONDS = 60;
/** Lines of base64 as long as the 7-bit lines of a mail may be. */
const LINE = 990;

/**
 * The script by which a machine finds itself in the table of its launch, and writes `/run/slipway/boot.json` and
 * `/run/slipway/env`. It runs as a cloud boothook: at each boot, when cloud-init has its user data, and before any
 * cloud-config, so nothing in the workspace's own user data runs earlier or can remove it.
 *
 * It needs only what cloud-init itself needs, Python 3: curl and jq are not on every image. The shell around it reports
 * an image without Python.
 *
 * @param table the boot document's common fields, and the members in the launch's order as `[spawn_id, env, input]`
 */
export function bootScript(table: JsonObject, identity: GuestIdentity): string {
  const packed = deflateRawSync(asciiJson(table), { level: 9 }).toString("base64");
  const lines = packed.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return `#!/bin/sh
# Slipway: writes ${FOLDER}/boot.json and ${FOLDER}/env.
python=$(command -v python3 || command -v /usr/libexec/platform-python) || {
  echo "slipway: no boot document: the image has no python3" > /dev/console
  exit 1
}
exec "$python" - <<'END'
import base64, json, os, sys, time, urllib.request, zlib
TABLE = """
${lines.join("\n")}
"""
${IDENTITY[identity]}
${SCRIPT}END
`;
}

/** `find(base)` returns how the machine knows itself, and `pick(known, members)` the index of its row. */
const IDENTITY: Readonly<Record<GuestIdentity, string>> = {
  "launch-index": String.raw`BASES = ("http://169.254.169.254", "http://[fd00:ec2::254]")

def find(base):
    token = ask("PUT", base + "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    return ask("GET", base + "/latest/meta-data/ami-launch-index", {"X-aws-ec2-metadata-token": token})

def pick(known, members):
    return int(known)

def identity(known):
    return {"source": "launch-index", "launch_index": int(known)}
`,
  // A name is the spawn id, cut to 46 characters, and 16 hexadecimal digits.
  "instance-name": String.raw`BASES = ("http://169.254.169.254", "http://[fd20:ce::254]")

def find(base):
    return ask("GET", base + "/computeMetadata/v1/instance/name", {"Metadata-Flavor": "Google"})

def pick(known, members):
    return [row[0][:46] for row in members].index(known[:-17])

def identity(known):
    return {"source": "instance-name", "instance_name": known}
`,
};

const SCRIPT = String.raw`def ask(method, url, headers):
    request = urllib.request.Request(url, method=method, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=3) as reply:
        return reply.read().decode("ascii").strip()

def find_self():
    end, pause = time.monotonic() + ${RETRY_SECONDS}, 0.2
    while True:
        for base in BASES:
            try:
                return find(base)
            except Exception as error:
                failure = "%s: %s" % (base, error)
        if time.monotonic() > end:
            raise Exception("the metadata server did not answer in ${RETRY_SECONDS} s (%s)" % failure)
        time.sleep(pause)
        pause = min(2 * pause, 5)

def quoted(value):
    for character in '\\"$${"`"}':
        value = value.replace(character, "\\" + character)
    return '"' + value + '"'

def write(name, text):
    new = "${FOLDER}/." + name
    try:
        with open(new, "w", encoding="utf-8", errors="surrogatepass") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(text)
        os.replace(new, "${FOLDER}/" + name)
    except BaseException:
        if os.path.exists(new):
            os.unlink(new)
        raise

def main():
    table = json.loads(zlib.decompress(base64.b64decode(TABLE), -15))
    members = table.pop("members")
    known = find_self()
    try:
        spawn_id, env, given = members[pick(known, members)]
    except (ValueError, IndexError):
        raise Exception("%r is none of the %d members of this launch" % (known, len(members)))
    about = dict(table, spawn_id=spawn_id, env=env, input=given, identity=identity(known))
    variables = dict(env)
    if given is not None:
        variables["SLIPWAY_INPUT"] = json.dumps(given, separators=(",", ":"))
    os.makedirs("${FOLDER}", mode=0o755, exist_ok=True)
    write("env", "".join("%s=%s\n" % (name, quoted(value)) for name, value in variables.items()))
    write("boot.json", json.dumps(about) + "\n")

try:
    main()
except Exception as error:
    message = "slipway: no boot document: %s\n" % error
    sys.stderr.write(message)
    with open("/dev/console", "w") as console:
        console.write(message)
    sys.exit(1)
`;
