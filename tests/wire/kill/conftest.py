"""The zygote of the kills, here as well."""

from tests.kill.conftest import zygote

__all__ = ["zygote"]
