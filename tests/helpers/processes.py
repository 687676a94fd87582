"""Code that runs in processes of its own: fresh ones, and forked ones."""

import os
import signal
import subprocess
import sys
import time


def run_python(code, *arguments, **environment):
    """Run code in a fresh interpreter, and return what it prints.

    Code that fails raises CalledProcessError. What it writes to stderr is among the test's output.
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        command,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=100,
    ).stdout.strip()


def in_child(work):
    """Run a function in a forked child; return whether it was true, or None if it hung."""
    process = os.fork()
    if process == 0:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    for _ in range(6000):  # of 10 ms: what hangs does so for ever
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None
