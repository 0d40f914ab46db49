"""Fixtures: a home with the contoso lab in it, made once and copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from harness import Grace
from toolkit.lab.app import create_lab

# Property tests run many commands; a slow machine is no failure.
settings.register_profile("grace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("grace")


@pytest.fixture(scope="session")
def contoso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contoso") / "lab.sqlite"
    create_lab(str(path)).store.close()
    return path


@pytest.fixture
def grace(tmp_path: Path, contoso: Path) -> Grace:
    """Grace with a fresh contoso lab."""
    home = tmp_path / "home"
    (home / "labs").mkdir(parents=True)
    shutil.copy(contoso, home / "labs" / "lab.sqlite")
    return Grace(home)


@pytest.fixture
def bare(tmp_path: Path) -> Grace:
    """Grace with an empty home."""
    return Grace(tmp_path / "home")
