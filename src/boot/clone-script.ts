/** Where the clone script writes its results. On disk, because it runs only at the first boot. */
const RESULT = "/var/lib/slipway/clone.json";
/** How long one clone may take, in seconds. */
const CLONE_SECONDS = 1800;

/**
 * The script that clones the boot document's repositories with a `clone_path`. It never fails the boot: what happened to
 * each repository is in its result file, and on the console for one that failed. It needs git on the image.
 */
export function cloneScript(): string {
  return SCRIPT;
}

const SCRIPT = String.raw`#!/bin/sh
# Slipway: clones repositories, and writes ${RESULT}.
exec "$(command -v python3 || echo /usr/libexec/platform-python)" - <<'END'
import json, os, shutil, subprocess

def git(*arguments, **options):
    environment = dict(os.environ, GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    environment.setdefault("HOME", "/root")
    return subprocess.run(("git",) + arguments, env=environment, check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", **options).stdout.strip()

def clone(repo):
    path = repo["clone_path"]
    result = {"clone_url": repo["clone_url"], "base_branch": repo["base_branch"], "path": path}
    try:
        if shutil.which("git") is None:
            raise Exception("git is not installed on the image")
        branch = [] if repo["base_branch"] is None else ["--branch", repo["base_branch"]]
        git("clone", "--quiet", *branch, "--", repo["clone_url"], path, timeout=${CLONE_SECONDS})
        # Prints nothing for an empty repository, which has no commit yet.
        commit = git("-C", path, "rev-list", "--max-count=1", "--all") and git("-C", path, "rev-parse", "HEAD")
        return dict(result, outcome="cloned", commit=commit or None, message=None)
    except subprocess.CalledProcessError as error:
        message = error.stderr.strip() or str(error)
    except Exception as error:
        message = str(error)
    with open("/dev/console", "w") as console:
        console.write("slipway: not cloned: %s: %s\n" % (repo["clone_url"], message.replace("\n", " ")))
    return dict(result, outcome="failed", commit=None, message=message)

try:
    with open("/run/slipway/boot.json") as file:
        repos = [repo for repo in json.load(file)["repos"] if "clone_path" in repo]
except OSError:
    # The boot script has reported why there is no boot document.
    repos = []
os.makedirs("/var/lib/slipway", mode=0o755, exist_ok=True)
results = [clone(repo) for repo in repos]
with open("${RESULT}.new", "w") as file:
    os.fchmod(file.fileno(), 0o644)
    json.dump({"repos": results}, file)
    file.write("\n")
os.replace("${RESULT}.new", "${RESULT}")
END
`;
