"""A real PostgreSQL server for one test session, started from the binaries of a wheel.

The wheel's own start function is not used: run as root it creates a user and opens the permissions
of every folder above the data. This launcher leaves users and existing folders alone. Run as root
it copies the binaries to a temporary folder that `nobody` may traverse and starts them as `nobody`,
because PostgreSQL refuses to run as root.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import asyncpg

from tests.services.postgres_binaries import (
    Account,
    PostgresDidNotStart,
    account_for,
    binaries_for,
    temporary_parent,
)
from tests.services.tied import start_tied

ADDRESS = "127.0.0.1"
SUPERUSER = "accrue"
FOLDER_PREFIX = "accrue-postgres-"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
ATTEMPTS_AT_A_PORT = 3

# Nothing here outlives the session, so durability buys nothing; no replica will ever connect.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "timezone": "UTC",
    "unix_socket_directories": "",
    "listen_addresses": ADDRESS,
}


@dataclass(frozen=True)
class PostgresServer:
    """A running server of this session."""

    port: int
    data: Path
    pid: int

    @property
    def url(self) -> str:
        """Return the address of the maintenance database, for a superuser."""
        return f"postgresql://{SUPERUSER}@{ADDRESS}:{self.port}/postgres"


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server until the block ends, or until this process ends, whichever is first.

    Call it from the main thread. The folder of a session that was killed stays behind; the next
    session removes it.
    """
    parent = temporary_parent()
    remove_abandoned_folders(parent)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=parent))
    lock = _claim(folder)
    try:
        account = account_for(folder)
        binaries = binaries_for(folder, account)
        log = folder / "log"
        with log.open("wb") as output:
            data = _initialise(folder, binaries, account, output)
            process, port = _start(data, binaries, account, output)
        try:
            yield PostgresServer(port=port, data=data, pid=process.pid)
        finally:
            _stop(process)
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def _claim(folder: Path) -> IO[bytes]:
    """Mark a folder as in use; the kernel takes the mark back when this process is gone."""
    lock = (folder / "in-use").open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def remove_abandoned_folders(parent: Path) -> None:
    """Remove what killed sessions left: our user's folders that no living process claims."""
    for folder in parent.glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with (folder / "in-use").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


def _initialise(folder: Path, binaries: Path, account: Account, output: IO[bytes]) -> Path:
    data = folder / "data"
    data.mkdir(mode=0o700)
    if account.uid is not None and account.gid is not None:
        os.chown(data, account.uid, account.gid)

    command = [
        str(binaries / "bin" / "initdb"),
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    process = start_tied(
        command,
        last_signal=signal.SIGTERM,
        cwd=data,
        env=_environment(data),
        output=output,
        user=account.uid,
        group=account.gid,
    )
    if process.wait(timeout=START_SECONDS) != 0:
        raise PostgresDidNotStart(f"initdb failed:\n{_printed(output)}")
    return data


def _start(
    data: Path, binaries: Path, account: Account, output: IO[bytes]
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server on a free port; another process may take the port first, so try again."""
    settings = [f"-c{name}={value}" for name, value in THROWAWAY_SETTINGS.items()]
    for _ in range(ATTEMPTS_AT_A_PORT):
        port = free_port()
        process = start_tied(
            [str(binaries / "bin" / "postgres"), "-D", str(data), "-p", str(port), *settings],
            last_signal=signal.SIGQUIT,
            cwd=data,
            env=_environment(data),
            output=output,
            user=account.uid,
            group=account.gid,
        )
        try:
            if _is_ready(process, data):
                asyncio.run(assert_identity(port, data))
                return process, port
        except BaseException:
            _stop(process)
            raise
    raise PostgresDidNotStart(f"the server did not come up:\n{_printed(output)}")


def _is_ready(process: subprocess.Popen[bytes], data: Path) -> bool:
    """Wait until the server says in its pid file that it accepts connections, or has ended."""
    deadline = time.monotonic() + START_SECONDS
    pid_file = data / "postmaster.pid"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        with suppress(OSError):
            lines = pid_file.read_text().splitlines()
            if len(lines) > 7 and int(lines[0]) == process.pid and lines[7].strip() == "ready":
                return True
        time.sleep(0.01)
    raise PostgresDidNotStart(f"the server was not ready after {START_SECONDS:.0f} seconds")


async def assert_identity(port: int, data: Path) -> None:
    """Make sure that what answers on the port is the server just started, not a neighbour's."""
    connection = await asyncpg.connect(
        host=ADDRESS, port=port, user=SUPERUSER, database="postgres", ssl=False
    )
    try:
        answer = await connection.fetchval("SHOW data_directory")
    finally:
        await connection.close()
    if Path(answer) != data:
        raise PostgresDidNotStart(f"port {port} belongs to another server, with data in {answer}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    for last_word in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(last_word)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}


def _printed(output: IO[bytes]) -> str:
    output.flush()
    return Path(output.name).read_text(errors="replace")[-4000:]
