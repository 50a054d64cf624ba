"""What the architecture tests look at: the files of the project and the modules in them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DISTRIBUTIONS = {
    "accrue-core": REPOSITORY / "accrue_core",
    "accrue-stripe": REPOSITORY / "plugins/accrue_stripe",
    "accrue-braintree": REPOSITORY / "plugins/accrue_braintree",
    "accrue-fake": REPOSITORY / "plugins/accrue_fake",
    "accrue-admin": REPOSITORY / "plugins/accrue_admin",
    "accrue-portal": REPOSITORY / "plugins/accrue_portal",
}
GENERATED_FOLDERS = {
    "node_modules",
    ".bootstrap", ".demo", ".git", ".hypothesis", ".import_linter_cache", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".venv", "__pycache__", "build", "dist",
}  # fmt: skip


def package_of(distribution: str) -> str:
    """Return the import name of a distribution."""
    return distribution.replace("-", "_")


@dataclass(frozen=True)
class Module:
    """One Python file of a distribution."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Every module it imports when it runs, wherever in the file; not those for types only."""
        return frozenset(_imports(self.tree))


def project_files() -> list[Path]:
    """List the files that are or would be committed, relative to the repository.

    Outside a git checkout, such as an unpacked archive, everything but generated folders counts.
    """
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]
    try:
        listed = subprocess.run(
            [*command, "--exclude-standard"], cwd=REPOSITORY, capture_output=True, check=True
        )
        names = {name for name in listed.stdout.decode().split("\0") if name}
        return sorted(Path(name) for name in names if (REPOSITORY / name).is_file())
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(REPOSITORY) for path in REPOSITORY.rglob("*") if path.is_file())
        return sorted(path for path in found if not GENERATED_FOLDERS & set(path.parts))


def python_files() -> list[Path]:
    """List the Python files of the project, relative to the repository."""
    return [path for path in project_files() if path.suffix == ".py"]


def modules(*distributions: str) -> list[Module]:
    """List the modules of some distributions, by default of all."""
    chosen = distributions or tuple(DISTRIBUTIONS)
    return [module for name in chosen for module in _modules_in(DISTRIBUTIONS[name] / "src")]


def _modules_in(source: Path) -> Iterator[Module]:
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        dotted = parts[:-1] if parts[-1] == "__init__" else parts
        yield Module(name=".".join(dotted), path=path)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        for statement in node.orelse:
            yield from _imports(statement)
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
