"""Six distributions, one version, one lock; each builds, installs and imports alone."""

import os
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from tests.architecture.source import DISTRIBUTIONS, REPOSITORY, package_of

LOCK = REPOSITORY / "uv.lock"
PLUGINS = tuple(name for name in DISTRIBUTIONS if name != "accrue-core")
DEFAULT_INDEX = "https://" + ".".join(("pypi", "org")) + "/simple"
DEFAULT_FILES = "https://files." + ".".join(("pythonhosted", "org")) + "/"

# What tools/prepare.sh does for uv, done again for the same reasons.
OWN_CACHE = REPOSITORY / ".bootstrap/cache"
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)

IMPORT_WHAT_IT_OFFERS = """
import importlib, importlib.metadata, sys
name = sys.argv[1]
package = importlib.import_module(name.replace("-", "_"))
for offered in getattr(package, "__all__", ()):
    getattr(package, offered)
for entry in importlib.metadata.distribution(name).entry_points:
    entry.load()
print(package.__file__)
"""


def project_of(distribution: str) -> dict[str, Any]:
    text = (DISTRIBUTIONS[distribution] / "pyproject.toml").read_text(encoding="utf-8")
    project: dict[str, Any] = tomllib.loads(text)["project"]
    return project


def uv(*arguments: str | Path, **variables: str) -> None:
    """Run uv as a stranger would: no index of this machine, no environment of this run."""
    kept = {"UV_CACHE_DIR", "UV_SYSTEM_CERTS"}
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in kept or not name.startswith(("UV_", "VIRTUAL_ENV"))
    }
    if OWN_CACHE.is_dir():
        inherited["UV_CACHE_DIR"] = str(OWN_CACHE)
    if any(Path(bundle).is_file() for bundle in SYSTEM_CERTIFICATES):
        inherited.setdefault("UV_SYSTEM_CERTS", "true")
    finished = subprocess.run(
        [find_uv_bin(), *map(str, arguments), "--quiet"],
        cwd=REPOSITORY,
        env={**inherited, "UV_PYTHON_DOWNLOADS": "never", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


def test_all_distributions_have_the_same_version() -> None:
    assert len({project_of(name)["version"] for name in DISTRIBUTIONS}) == 1


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_requires_core_of_its_own_minor_version(plugin: str) -> None:
    major, minor, _ = project_of(plugin)["version"].split(".")

    assert f"accrue-core~={major}.{minor}.0" in project_of(plugin)["dependencies"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_distribution_says_what_it_is(distribution: str) -> None:
    folder = DISTRIBUTIONS[distribution]

    assert (folder / "src" / package_of(distribution) / "py.typed").is_file()
    assert (folder / "LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()
    assert (folder / "README.md").read_text().startswith(f"# {distribution}\n")


def test_the_lock_names_only_the_default_hosts() -> None:
    packages = tomllib.loads(LOCK.read_text(encoding="utf-8"))["package"]
    indexes = {package["source"].get("registry", DEFAULT_INDEX) for package in packages}
    files = [
        file["url"]
        for package in packages
        for file in (*package.get("wheels", ()), *filter(None, [package.get("sdist")]))
    ]

    assert indexes == {DEFAULT_INDEX}
    assert files
    assert [url for url in files if not url.startswith(DEFAULT_FILES)] == []


@pytest.mark.packaging
def test_the_lock_is_up_to_date() -> None:
    uv("lock", "--check")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    uv("build", "--all-packages", "--wheel", "--out-dir", folder)
    return folder


def wheel_of(distribution: str, wheels: Path) -> Path:
    (wheel,) = wheels.glob(f"{package_of(distribution)}-*.whl")
    return wheel


@pytest.mark.packaging
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_wheel_holds_every_file_of_its_package(distribution: str, wheels: Path) -> None:
    source = DISTRIBUTIONS[distribution] / "src"
    with zipfile.ZipFile(wheel_of(distribution, wheels)) as archive:
        packed = set(archive.namelist())
    files = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert files - packed == set()
    assert any(name.endswith("/LICENSE") for name in packed)


@pytest.mark.packaging
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_wheel_imports_alone(distribution: str, wheels: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    needed = {wheel_of("accrue-core", wheels), wheel_of(distribution, wheels)}
    python = environment / "bin" / "python"

    uv(
        *("sync", "--frozen", "--no-dev", "--no-install-workspace", "--package", distribution),
        UV_PROJECT_ENVIRONMENT=str(environment),
    )
    uv("pip", "install", "--no-deps", "--no-index", "--python", python, *sorted(needed))
    imported = subprocess.run(
        [python, "-I", "-c", IMPORT_WHAT_IT_OFFERS, distribution],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert imported.returncode == 0, imported.stderr
    assert Path(imported.stdout.strip()).is_relative_to(environment)
