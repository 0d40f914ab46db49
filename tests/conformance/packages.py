"""The packages of the extra `conformance`, imported only where a test wants one."""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

import pytest


def package(name: str) -> ModuleType:
    """The package. Without it the test is skipped and says so; where nothing may skip, it fails."""
    if os.environ.get("GRACE_TESTS_MAY_NOT_SKIP"):
        return import_module(name)
    reason = f"{name} is not installed: pip install 'grace-intune[conformance]'"
    module: ModuleType = pytest.importorskip(name, reason=reason)
    return module
