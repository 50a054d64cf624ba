"""Processes that end when the test process does, however it ends."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def start_tied(
    command: Sequence[str],
    *,
    last_signal: signal.Signals,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[bytes],
    user: int | None = None,
    group: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that receives `last_signal` when this one is gone, even after SIGKILL.

    Only the main thread may start one: Linux ties the child to the thread that forked it, so a
    worker thread that returns would take the child with it. Systems other than Linux have no such
    tie; there the caller's own clean-up is all there is.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a tied process must be started from the main thread")

    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    # This runs between fork and exec, and after the change of user, which would clear the tie.
    def tie() -> None:
        if libc is None:
            return
        if libc.prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(127)

    return subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        preexec_fn=tie,
    )
