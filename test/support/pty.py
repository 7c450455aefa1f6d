"""Runs a program on a pseudo-terminal of its own:

    python3 pty.py COLUMNS ROWS PROGRAM [ARGUMENT...]

Standard output has the bytes that the terminal receives. Each line of standard input is an order: {"type": "text"},
{"resize": [columns, rows]} or {"signal": number}; its end kills the program. When the program has ended, standard error
has a line about its end and the terminal's settings.
"""

import fcntl
import json
import os
import select
import signal
import struct
import sys
import termios


def set_size(descriptor, columns, rows):
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def erase_whole_characters(descriptor):
    """Sets IUTF8, as terminal emulators do: backspace erases a character and not one of its bytes."""
    settings = termios.tcgetattr(descriptor)
    settings[0] |= 0o40000
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)


def write_all(descriptor, content):
    while content:
        content = content[os.write(descriptor, content):]


columns, rows, *command = sys.argv[1:]
keyboard, terminal = os.openpty()
set_size(terminal, int(columns), int(rows))
erase_whole_characters(terminal)

# The end of the program has to wake the loop below, also the end of one that is over before the loop begins.
wake_reader, wake_writer = os.pipe()
os.set_blocking(wake_writer, False)
signal.set_wakeup_fd(wake_writer)
signal.signal(signal.SIGCHLD, lambda *_: None)

child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    os.closerange(3, 256)
    os.execv(command[0], command)

os.set_blocking(keyboard, False)


def drain():
    """Copies what the terminal has received so far."""
    while True:
        try:
            content = os.read(keyboard, 65536)
        except BlockingIOError:
            return
        write_all(1, content)


def type_all(content):
    """Types as fast as the program reads."""
    while content:
        select.select([keyboard], [keyboard], [])
        drain()
        try:
            content = content[os.write(keyboard, content):]
        except BlockingIOError:
            continue


def obey(order):
    if "type" in order:
        type_all(order["type"].encode())
    if "resize" in order:
        set_size(terminal, *order["resize"])
    if "signal" in order:
        os.kill(child, order["signal"])


status = None
orders = b""
sources = [0, keyboard, wake_reader]
while status is None:
    ready, _, _ = select.select(sources, [], [])
    if 0 in ready:
        content = os.read(0, 65536)
        if not content:
            sources.remove(0)
            os.kill(child, signal.SIGKILL)
        orders += content
        *complete, orders = orders.split(b"\n")
        for line in complete:
            obey(json.loads(line))
    if wake_reader in ready:
        os.read(wake_reader, 1024)
    drain()
    ended, code = os.waitpid(child, os.WNOHANG)
    if ended != 0:
        status = os.waitstatus_to_exitcode(code)
drain()
local_modes = termios.tcgetattr(terminal)[3]
report = {
    "exitCode": status if status >= 0 else None,
    "signal": -status if status < 0 else None,
    "echo": bool(local_modes & termios.ECHO),
    "lines": bool(local_modes & termios.ICANON),
}
print(json.dumps(report), file=sys.stderr)
