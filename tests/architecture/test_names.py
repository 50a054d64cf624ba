"""Modules are named for what they hold, and nothing of ours is replaced by a mock."""

import ast
from collections.abc import Iterator

from tests.architecture.source import REPOSITORY, modules, python_files

SAYS_NOTHING = {
    "utils", "helpers", "common", "misc", "base_service", "base", "manager", "handler", "handlers",
    "core", "lib", "types", "constants", "kit",
}  # fmt: skip

GLOSSARY_WORDS = {
    "accrue_core.contracts.handlers",
    "accrue_core.jobs.handlers",
    "accrue_core.db.base",
}
"""Where the word is a term of the glossary and means one thing."""

MOCKS = {"unittest.mock", "mock", "pytest_mock"}


def imported_names(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_no_module_has_a_name_that_says_nothing() -> None:
    nameless = [
        module.name
        for module in modules()
        if module.name.rpartition(".")[2] in SAYS_NOTHING and module.name not in GLOSSARY_WORDS
    ]

    assert nameless == []


def test_no_test_module_or_example_has_a_name_that_says_nothing() -> None:
    elsewhere = [path for path in python_files() if "src" not in path.parts]
    nameless = [str(path) for path in elsewhere if {*path.parent.parts, path.stem} & SAYS_NOTHING]

    assert nameless == []


def test_nothing_is_mocked() -> None:
    mocking = [
        str(path)
        for path in python_files()
        if MOCKS & imported_names((REPOSITORY / path).read_text(encoding="utf-8"))
    ]

    assert mocking == []


def test_money_never_passes_through_a_float() -> None:
    exact = [module for module in modules("accrue-core") if is_exact(module.name)]
    inexact = [
        f"{module.name}:{line}" for module in exact for line in lines_with_floats(module.tree)
    ]

    assert exact, "the modules that hold amounts were found"
    assert inexact == []


def test_the_search_for_floats_allows_refusing_them_and_nothing_else() -> None:
    assert list(lines_with_floats(ast.parse("isinstance(amount, float)"))) == []
    assert list(lines_with_floats(ast.parse("float(amount)\ntotal: float\nx = 0.5"))) == [1, 2, 3]


def is_exact(module: str) -> bool:
    """Say whether a module holds amounts of money."""
    return module == "accrue_core.money" or module.endswith((".models", ".reducer"))


def lines_with_floats(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
        return
    if isinstance(node, ast.Name) and node.id in {"float", "Float"}:
        yield node.lineno
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from lines_with_floats(child)
