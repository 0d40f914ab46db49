"""What the lab answers as Graph is asked twice: in process, and over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.surface import IN_PROCESS, SERVED, carried

ASKING = frozenset(("wire", "shared", "battered"))
"""The fixtures that are a Wire: who uses one is asked both ways."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if ASKING.intersection(metafunc.fixturenames):
        metafunc.parametrize("way", (IN_PROCESS, SERVED), indirect=True)


@pytest.fixture(autouse=True)
def way(request: pytest.FixtureRequest) -> Iterator[str]:
    chosen: str = getattr(request, "param", IN_PROCESS)
    with carried(chosen):
        yield chosen
