"""Plugins that fit, and every way in which one may not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accrue_core import Accrue
from accrue_core.builtins.console_mailer import ConsoleMailer
from accrue_core.errors import ConfigurationError, PluginBroken, PluginConflict, UnknownChoice
from accrue_core.hookspecs import HOOKS, hookimpl
from accrue_core.jobs.runners import EmbeddedRunner
from accrue_core.plugins import check_default_processor, load, register
from accrue_core.settings import Settings

OURS = frozenset({"fake", "stripe", "braintree", "admin", "portal"})
SETTINGS = Settings(
    database_url="sqlite+aiosqlite:///never.sqlite3", job_runner="inline", plugins_disabled=OURS
)


def named(name: Any, **more: Any) -> Any:
    return SimpleNamespace(name=name, **more)


def plugin(name: str = "ours", **hooks: Callable[..., Any]) -> Any:
    """Return a local plugin whose hooks are these functions."""
    marked = {hook: staticmethod(hookimpl(function)) for hook, function in hooks.items()}
    return type("Local", (), {"plugin_name": name, **marked})()


def offering(name: str, *names: Any, hook: str = "register_processors") -> Any:
    """Return a local plugin that offers things of these names from one hook."""
    return plugin(name, **{hook: lambda: [named(one) for one in names]})


def test_the_builtins_are_found_and_chosen() -> None:
    plugins = load(SETTINGS)
    assert isinstance(plugins.mailer, ConsoleMailer)
    assert plugins.job_runner.name == "inline"
    assert plugins.auth.name == "closed"
    assert plugins.processors == {}
    assert {"closed_auth", "console_mailer", "job_runners"} <= {i.name for i in plugins.installed}
    mailer = next(info for info in plugins.installed if info.name == "console_mailer")
    assert mailer.hooks == ("register_mailers",)
    assert mailer.source.startswith("accrue-core ")


def test_another_choice_of_the_same_plugin_is_taken() -> None:
    chosen = Settings(
        database_url=SETTINGS.database_url, job_runner="embedded", plugins_disabled=OURS
    )
    assert isinstance(load(chosen).job_runner, EmbeddedRunner)


def test_what_several_plugins_offer_comes_in_the_order_of_the_plugins() -> None:
    plugins = load(SETTINGS, local=[offering("one", "a", "b"), offering("two", "c")])
    assert list(plugins.processors) == ["a", "b", "c"]
    assert plugins.installed[-1].source == "the host"
    assert [info.name for info in plugins.installed[-2:]] == ["one", "two"]


def test_two_plugins_of_one_name_stop_the_start() -> None:
    with pytest.raises(PluginConflict, match="two plugins are called 'same'"):
        register(local=[offering("same"), offering("same")])
    with pytest.raises(PluginConflict, match="two plugins are called 'console_mailer'"):
        register(local=[offering("console_mailer")])


def test_two_things_of_one_name_stop_the_start() -> None:
    kinds = {
        "register_processors": "processors",
        "register_mailers": "mailers",
        "register_auth_adapters": "auth adapters",
        "register_job_runners": "job runners",
        "register_event_handlers": "event handlers",
        "register_webhook_handlers": "webhook handlers",
    }
    for hook, kind in kinds.items():
        both = [offering("one", "twin", hook=hook), offering("two", "twin", hook=hook)]
        with pytest.raises(PluginConflict, match=f"two {kind} are called 'twin'"):
            load(SETTINGS, local=both)


def test_a_misspelt_hook_is_named_with_its_plugin() -> None:
    with pytest.raises(PluginBroken, match="register_procesors") as caught:
        register(local=[plugin("typo", register_procesors=lambda: ())])
    assert "typo" in str(caught.value)


def test_a_wrong_argument_is_named_with_its_plugin() -> None:
    def register_processors(config: Any) -> tuple[()]:
        return ()

    with pytest.raises(PluginBroken, match="config") as caught:
        register(local=[plugin("odd", register_processors=register_processors)])
    assert "'odd' (the host)" in str(caught.value)


def test_an_async_hook_is_refused_and_the_message_says_what_to_do() -> None:
    async def register_processors() -> list[Any]:
        return []

    with pytest.raises(PluginBroken, match="register_processors must be a plain def; return obj"):
        register(local=[plugin("eager", register_processors=register_processors)])


def test_one_object_under_two_names_is_broken() -> None:
    twice = offering("first")
    with pytest.raises((PluginBroken, PluginConflict)):
        register(local=[twice, twice])


@pytest.mark.parametrize("offered", [object(), named(None), named(5)])
def test_a_thing_without_a_name_is_broken(offered: Any) -> None:
    with pytest.raises(PluginBroken, match="one of the processors has no name"):
        load(SETTINGS, local=[plugin(register_processors=lambda: [offered])])


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a?b", "x" * 41, "-", "a.b"])
def test_a_processors_name_is_part_of_a_url(name: str) -> None:
    with pytest.raises(PluginBroken, match="cannot be a processor's name"):
        load(SETTINGS, local=[offering("one", name)])


@pytest.mark.parametrize("hook", ["register_event_handlers", "register_webhook_handlers"])
@pytest.mark.parametrize("name", ["", "x" * 121, "mail@plugin"])
def test_a_handlers_name_fits_into_its_runs_and_its_actor(hook: str, name: str) -> None:
    with pytest.raises(PluginBroken):
        load(SETTINGS, local=[offering("one", name, hook=hook)])


@pytest.mark.parametrize(
    ("setting", "known"),
    [("mailer", "console"), ("auth", "closed"), ("job_runner", "embedded, inline")],
)
def test_an_unknown_choice_lists_what_is_installed(setting: str, known: str) -> None:
    wrong: Any = {setting: "pigeon", "plugins_disabled": OURS}
    with pytest.raises(
        UnknownChoice, match=f"{setting} is 'pigeon', which is not installed; installed: {known}"
    ):
        load(Settings(database_url=SETTINGS.database_url, **wrong))


def test_an_unknown_processor_lists_what_is_installed() -> None:
    plugins = load(SETTINGS, local=[offering("one", "b", "a")])
    assert plugins.processor("a").name == "a"
    with pytest.raises(UnknownChoice, match=r"processor is 'c', which is not installed.*: a, b$"):
        plugins.processor("c")


def test_a_default_processor_must_be_installed() -> None:
    wanted = Settings(database_url=SETTINGS.database_url, processor="stripe", plugins_disabled=OURS)
    check_default_processor(wanted, load(wanted, local=[offering("one", "stripe")]))
    for local, known in (([], "none"), ([offering("one", "b", "a")], "a, b")):
        with pytest.raises(ConfigurationError, match=f"'stripe'; installed processors: {known}"):
            Accrue(wanted, plugins=local)


def installed(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, point: str) -> None:
    """Install a distribution with one entry point, as pip would leave it."""
    (folder / "accrue_test_plugin.py").write_text(module)
    info = folder / "accrue_test_plugin-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: accrue-test-plugin\nVersion: 1.2\n"
    )
    (info / "entry_points.txt").write_text(f"[accrue]\n{point}\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "accrue_test_plugin", raising=False)


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        ("raise RuntimeError('no key')", "could not be loaded: RuntimeError"),
        ("import not_there_at_all", "could not be loaded: ModuleNotFoundError"),
        ("def broken(:", "could not be loaded: SyntaxError"),
    ],
)
def test_a_broken_entry_point_is_named_with_its_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, complaint: str
) -> None:
    installed(tmp_path, monkeypatch, module, "weather = accrue_test_plugin")
    with pytest.raises(PluginBroken, match=complaint) as caught:
        register()
    assert "'weather' (accrue-test-plugin 1.2)" in str(caught.value)
    register(disabled=frozenset({"weather"}))


def test_an_installed_plugin_is_found_and_can_be_disabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = (
        "from types import SimpleNamespace\n"
        "from accrue_core.hookspecs import hookimpl\n"
        "@hookimpl\n"
        "def register_processors(settings):\n"
        "    return [SimpleNamespace(name='weather')]\n"
    )
    installed(tmp_path, monkeypatch, module, "weather = accrue_test_plugin")
    assert list(load(SETTINGS).processors) == ["weather"]
    without = Settings(database_url=SETTINGS.database_url, plugins_disabled=OURS | {"weather"})
    assert load(without).processors == {}


@pytest.mark.parametrize("answer", [5, named("fake")])
def test_a_hook_that_returns_no_list_is_named_with_its_plugin(answer: Any) -> None:
    with pytest.raises(PluginBroken):
        load(SETTINGS, local=[plugin("single", register_processors=lambda: answer)])


def test_pages_are_asked_for_and_two_on_one_path_are_refused() -> None:
    def mounting(name: str, path: str) -> Any:
        return plugin(name, register_routes=lambda: [named(name, path=path)])

    plugins = load(SETTINGS, local=[mounting("one", "/admin"), mounting("two", "/portal")])
    assert [m.path for m in plugins.mounts(None)] == ["/admin", "/portal"]  # type: ignore[arg-type]
    for taken in ("/admin", "/webhooks"):
        plugins = load(SETTINGS, local=[mounting("one", "/admin"), mounting("two", taken)])
        with pytest.raises(PluginConflict, match=f"two plugins want to be mounted at {taken}"):
            plugins.mounts(None)  # type: ignore[arg-type]


def test_every_hook_says_when_it_is_called_and_what_stays_out_of_it() -> None:
    for hook in HOOKS:
        assert "Called once" in hook.__doc__
        assert "Return an empty tuple" in hook.__doc__
