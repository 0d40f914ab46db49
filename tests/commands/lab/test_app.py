"""grace lab app: registering apps, and what is shown of them."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.lab.test_identity import certificate, key_pair, pem
from toolkit.lab import apps

WRITE = "DeviceManagementConfiguration.ReadWrite.All"


def test_every_lab_has_a_client_for_people(grace):
    assert [row["name"] for row in grace.json("lab app")] == ["Grace lab client"]
    row = grace.json("lab app list")[0]
    assert (row["clientId"], row["signsIn"], row["proof"]) == (apps.CLIENT_ID, "people", [])
    assert row["permissions"] == sorted(set(row["permissions"]))
    assert {WRITE, "User.Read"} <= set(row["permissions"])


def test_a_secret_is_shown_once(grace):
    answer = grace.ok("lab app new --name Nightly --secret")
    secret = re.search(r"Secret +(\S+)", answer.stdout)[1]
    assert "only its hash" in answer.stderr
    lab = grace.lab()
    app = apps.apps(lab.store)[1]
    assert app.has_secret(secret)
    lab.close()
    assert app.id in answer.stdout
    for line in ("lab app list -o json", "lab app list -o list", "journal list -o json"):
        shown = grace.ok(line)
        assert secret not in shown.stdout + shown.stderr
    assert secret.encode() not in (grace.home / "labs" / "lab.sqlite").read_bytes()


def test_what_a_script_needs_is_in_the_json(grace):
    made = grace.json(f"lab app new --name Pipeline --permission {WRITE} --secret")
    lab = grace.lab()
    assert made["tenantId"] == lab.store.meta("organization")["id"]
    app = apps.find_app(lab.store, made["clientId"])
    lab.close()
    assert app.permissions == (WRITE,)
    assert app.has_secret(made["secret"])
    assert (made["proof"], made["thumbprint"]) == (["secret"], None)


def test_a_certificate_comes_from_a_file(grace, tmp_path):
    found = certificate(key_pair("daemon"))
    path = tmp_path / "app.pem"
    path.write_text(pem(found))
    made = grace.json(f"lab app new --name Signed --certificate {shlex.quote(str(path))}")
    assert (made["proof"], made["secret"]) == (["certificate"], None)
    assert made["permissions"] == list(apps.READ_ONLY)
    assert re.fullmatch("[0-9A-F]{40}", made["thumbprint"])


def test_an_app_goes_by_name_or_id(grace):
    one = grace.json("lab app new --name One --secret")
    grace.json("lab app new --name Two --secret")
    assert "One" in grace.ok("lab app remove one").stderr
    assert grace.json("lab app remove Two")["name"] == "Two"
    assert [row["name"] for row in grace.json("lab app list")] == ["Grace lab client"]
    assert grace.run(f"lab app remove {one['clientId']}").code == 3


def test_apps_stay_when_the_lab_is_reset(grace):
    grace.ok("lab app new --name Nightly --secret")
    grace.ok("lab reset")
    assert [row["name"] for row in grace.json("lab app list")] == ["Grace lab client", "Nightly"]


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("lab app new --secret", 2, "--name"),
        ("lab app new --name X", 2, "--secret, --certificate FILE"),
        ("lab app new --name X --secret --permission Device.Reed.All", 2, "Did you mean Device.Read.All?"),
        ("lab app new --name X --certificate missing.pem", 2, "missing.pem"),
        ("lab app new X --name Y --secret", 2, "one word too many"),
        ("lab app list --secret", 2, "goes with new"),
        ("lab app remove", 2, "grace lab app remove APP"),
        ("lab app remove nobody", 3, "grace lab app list"),
        ("lab app remove 'Grace lab client'", 2, "stays"),
    ],
)
def test_a_wrong_line_is_told_what_to_do(grace, line, code, words):
    answer = grace.run(line)
    assert answer.code == code
    assert words in answer.stderr
