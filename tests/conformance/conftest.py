"""A lab behind real HTTP for the clients of others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.lab.app import open_lab
from toolkit.lab.serve import LabServer


@pytest.fixture
def server(contoso: Path, tmp_path: Path) -> Iterator[LabServer]:
    """A fresh contoso. Quotas are off: what is tried here is whether the client understands the answers."""
    path = tmp_path / "lab.sqlite"
    shutil.copy(contoso, path)
    server = LabServer(open_lab(str(path)), throttled=False)
    server.start()
    yield server
    server.stop()
    server.lab.close()
