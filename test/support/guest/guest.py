"""Boots guests from their metadata servers, with cloud-init's own stages, each in namespaces of its own.

Standard input: {"guests": [{"cloud", "port", "stages", "files", "setup"}]}; standard output: a report for each. A guest
has its own network, in which 169.254.169.254:80 leads to the metadata server at 127.0.0.1:port, its own file system over
this machine's, and its own console. Its DMI data is that of a machine of its cloud.
"""
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import traceback

import cloudinit
from cloudinit import dmi
from cloudinit.cmd import main as cloud_init

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET, PR_SET_PDEATHSIG = 0x00020000, 0x40000000, 1
PACKAGES = os.path.dirname(os.path.dirname(os.path.abspath(cloudinit.__file__)))
CONSOLE, LOG = "/run/console", "/run/cloud-init.log"
DMI = {
    "ec2": {
        "system-uuid": "ec2f0000-0000-0000-0000-000000000001",
        "system-serial-number": "ec2f0000-0000-0000-0000-000000000001",
    },
    "gce": {"system-product-name": "Google Compute Engine"},
}
CONFIG = """
datasource_list: [%(source)s]
network: {config: disabled}
cloud_init_modules: [bootcmd, write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
system_info: {distro: debian}
"""
STAGES = {
    "init": ["init"],
    "config": ["modules", "--mode=config"],
    "final": ["modules", "--mode=final"],
}


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def fork():
    """A child that ends with its parent, so that no guest outlives its test."""
    pid = os.fork()
    if pid == 0:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return pid


def enter_namespaces():
    if LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare: the tests of guests need root")
    run("mount", "--make-rprivate", "/")
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", "169.254.169.254/32", "dev", "lo")
    # The guest sees this machine's files, and keeps what it writes in memory.
    run("mount", "-t", "tmpfs", "none", "/run")
    for folder in ("upper", "work", "root"):
        os.mkdir("/run/" + folder)
    run("mount", "-t", "overlay", "none", "-o", "lowerdir=/,upperdir=/run/upper,workdir=/run/work", "/run/root")
    for folder in ("/proc", "/dev", "/sys", PACKAGES):
        os.makedirs("/run/root" + folder, exist_ok=True)
        run("mount", "--rbind", folder, "/run/root" + folder)
    run("mount", "-t", "tmpfs", "none", "/run/root/run")
    os.chroot("/run/root")
    os.chdir("/")
    open(CONSOLE, "w").close()
    run("mount", "--bind", CONSOLE, "/dev/console")
    os.makedirs("/etc/cloud", exist_ok=True)
    with open("/etc/hosts", "a") as file:
        file.write("169.254.169.254 metadata.google.internal\n")


def read(path):
    with contextlib.suppress(FileNotFoundError, IsADirectoryError), open(path, encoding="utf-8") as file:
        return {"mode": oct(os.fstat(file.fileno()).st_mode & 0o7777)[2:], "text": file.read()}
    return None


def sourced(*shell):
    """The variables of /run/slipway/env after a shell has sourced it."""
    if not os.path.exists("/run/slipway/env"):
        return None
    script = "set -a; . /run/slipway/env; exec /usr/bin/env -0"
    printed = subprocess.run(["/usr/bin/env", "-i", *shell, "-c", script], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    pairs = (entry.split("=", 1) for entry in printed.decode().split("\0") if entry)
    return {name: value for name, value in pairs if name not in ("PWD", "SHLVL", "_")}


def run_stage(name):
    """In a process of its own, as at a real boot."""
    pid = fork()
    if pid == 0:
        with open(LOG, "a") as log:
            for stream in (0, 1, 2):
                os.dup2(log.fileno(), stream)
            status = 1
            try:
                status = cloud_init.main(["cloud-init", *STAGES[name]])
            except SystemExit as exit:
                status = exit.code
            except BaseException:
                traceback.print_exc(file=log)
            log.flush()
            os._exit(int(status or 0))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def boot(guest):
    dmi.read_dmi_data = DMI[guest["cloud"]].get
    with open("/etc/cloud/cloud.cfg", "w") as file:
        file.write(CONFIG % {"source": "Ec2" if guest["cloud"] == "ec2" else "GCE"})
    for command in guest["setup"]:
        run("/bin/sh", "-c", command)
    statuses = {}
    for stage in guest["stages"]:
        if stage == "reboot":
            shutil.rmtree("/run/slipway", ignore_errors=True)
            shutil.rmtree("/run/cloud-init", ignore_errors=True)
        else:
            statuses[stage] = run_stage(stage)
    for command in guest["afterwards"]:
        run("/bin/sh", "-c", command)
    return {
        "statuses": statuses,
        "files": {path: read(path) for path in guest["files"]},
        "folder": sorted(os.listdir("/run/slipway")) if os.path.isdir("/run/slipway") else [],
        "sh": sourced("/bin/sh"),
        "bash": sourced("/bin/bash", "--norc"),
        "console": read(CONSOLE)["text"],
        "log": (read(LOG) or {"text": ""})["text"],
    }


def forward(listener, port):
    """Connects the guest's 169.254.169.254:80 to the metadata server on this side."""

    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for one, how in ((source, socket.SHUT_RD), (target, socket.SHUT_WR)):
            with contextlib.suppress(OSError):
                one.shutdown(how)

    def serve(client):
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", port))
            except OSError:
                return
            with server:
                back = threading.Thread(target=pump, args=(server, client), daemon=True)
                back.start()
                pump(client, server)
                back.join()

    while True:
        try:
            client, _address = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def run_guest(guest):
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            enter_namespaces()
            listener = socket.create_server(("169.254.169.254", 80), backlog=64)
            socket.send_fds(theirs, [b"listening"], [listener.fileno()])
            with os.fdopen(writing, "w") as report:
                json.dump(boot(guest), report)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    theirs.close()
    _message, fds, _flags, _address = socket.recv_fds(ours, 16, 1)
    if fds and guest["port"] is not None:
        listener = socket.socket(fileno=fds[0])
        threading.Thread(target=forward, args=(listener, guest["port"]), daemon=True).start()
    elif fds:
        os.close(fds[0])
    with os.fdopen(reading) as report:
        text = report.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        raise SystemExit("a guest failed with status %d" % status)
    return json.loads(text)


reports = [run_guest(guest) for guest in json.load(sys.stdin)["guests"]]
json.dump(reports, sys.stdout)
