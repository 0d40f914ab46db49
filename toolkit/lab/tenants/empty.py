"""An administrator and nothing else: for trying out an import, or for building a tenant by hand."""

from __future__ import annotations

from toolkit.lab.tenants import Builder

ADMIN = "admin@empty.example"


def load(tenant: Builder, seed: int) -> None:
    del seed  # nothing here is left to chance
    tenant.organization("Empty", "empty.example")
    tenant.user("Administrator", ADMIN, mail=ADMIN, language="en-US")
    tenant.sign_in(ADMIN)
