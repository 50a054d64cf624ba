"""The launcher leaves nothing behind and changes nothing, whoever runs it."""

import asyncio
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import tests.services.postgres as launcher
from tests.services.postgres import assert_identity, running_postgres
from tests.services.postgres_binaries import PostgresDidNotStart

REPOSITORY = Path(__file__).parents[2]
START_AND_WAIT = """
import time
from tests.services.postgres import running_postgres
with running_postgres() as server:
    print(server.pid, server.port, server.data, flush=True)
    time.sleep(60)
"""
PATIENCE_SECONDS = 15.0


def is_running(pid: int) -> bool:
    """Say whether a process still runs; a zombie that nobody has reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def permissions_above(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    folders = {folder for path in paths for folder in (path, *path.parents)}
    return {
        folder: (status.st_mode, status.st_uid, status.st_gid)
        for folder in folders
        for status in [folder.stat()]
    }


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_the_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    users = [entry.pw_name for entry in pwd.getpwall()]
    permissions = permissions_above(home, Path(sys.prefix))
    owner = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT],
        cwd=REPOSITORY,
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert owner.stdout is not None
        pid, port, data = owner.stdout.readline().split()
        assert is_running(int(pid))
        assert accepts_connections(int(port))
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()

    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_running(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not is_running(int(pid))
    assert not accepts_connections(int(port))
    assert [entry.pw_name for entry in pwd.getpwall()] == users
    assert permissions_above(home, Path(sys.prefix)) == permissions
    assert Path(data).parent.is_dir(), "nobody was left to remove the folder"
    launcher.remove_abandoned_folders(Path(data).parents[1])
    assert not Path(data).parent.exists()


def test_the_server_and_its_folder_are_gone_after_the_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], launcher.free_port()])
        monkeypatch.setattr(launcher, "free_port", lambda: next(ports))

        with running_postgres() as server:
            assert server.port != taken.getsockname()[1], "the first port was taken"
            assert server.data.stat().st_uid != 0
            assert accepts_connections(server.port)

    assert not is_running(server.pid)
    assert not accepts_connections(server.port)
    assert not server.data.parent.exists()


def test_another_server_on_the_port_is_not_taken_for_ours(
    postgres_server: str, tmp_path: Path
) -> None:
    if "ACCRUE_TEST_POSTGRES_URL" in os.environ:
        pytest.skip("the server of the session is not one of the launcher's")
    port = urlsplit(postgres_server).port
    assert port is not None

    with pytest.raises(PostgresDidNotStart, match="belongs to another server"):
        asyncio.run(assert_identity(port, tmp_path))


def test_only_abandoned_folders_of_the_launcher_are_removed(tmp_path: Path) -> None:
    abandoned, used, foreign = (
        tmp_path / name for name in ("accrue-postgres-1", "accrue-postgres-2", "somebody-elses")
    )
    for folder in (abandoned, used, foreign):
        folder.mkdir()
        (folder / "in-use").touch()

    with (used / "in-use").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        launcher.remove_abandoned_folders(tmp_path)

    assert sorted(tmp_path.iterdir()) == [used, foreign]
