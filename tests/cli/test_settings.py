"""Which tenants Grace knows: read from one small file, written back whole, with nothing lost or smuggled in."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from toolkit.cli.settings import Profile, Settings, check_name, write_whole
from toolkit.errors import BadFile, NotFound, StorageProblem, UsageProblem


def settings(home: Path, text: str | None = None) -> Settings:
    if text is not None:
        (home / "settings.toml").write_text(text, encoding="utf-8")
    return Settings(str(home))


def written(home: Path) -> dict[str, object]:
    return tomllib.loads((home / "settings.toml").read_text(encoding="utf-8"))


def test_without_a_file_the_lab_is_active_and_known(tmp_path):
    found = settings(tmp_path)
    assert (found.active, found.names(), found.profile("lab")) == (
        "lab",
        ("lab",),
        Profile("lab", "lab", "set"),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lab-eu", Profile("lab-eu", "lab", "set")),
        ("contoso", Profile("contoso", "graph", "item")),
        ("plain", Profile("plain", "graph", "set")),
        ("odd", Profile("odd", "graph", "set")),
    ],
)
def test_a_tenant_is_a_lab_by_its_name_or_stands_in_the_file(tmp_path, name, expected):
    text = '[tenant.contoso]\nactions_api = "item"\n[tenant.plain]\n[tenant.odd]\nactions_api = 7\n'
    assert settings(tmp_path, text).profile(name) == expected


def test_a_tenant_that_is_not_known_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(NotFound) as caught:
        settings(tmp_path, "[tenant.contoso]\n").profile("contso")
    assert caught.value.message == 'No tenant is called "contso".'
    assert caught.value.hint == "Known: contoso. A lab of its own is any name that begins with lab-."


def test_labs_are_found_by_their_files_and_each_name_is_told_once(tmp_path):
    labs = tmp_path / "labs"
    labs.mkdir()
    for name in (
        "lab.sqlite",
        "lab-b.sqlite",
        "lab-a.sqlite",
        "lab-a.sqlite-wal",
        "other.sqlite",
        "lab-c.txt",
    ):
        (labs / name).touch()
    assert settings(tmp_path, "[tenant.lab-a]\n[tenant.contoso]\n").names() == (
        "lab",
        "lab-a",
        "lab-b",
        "contoso",
    )


def test_using_a_tenant_is_remembered_and_read_again(tmp_path):
    found = settings(tmp_path)
    found.use("lab-eu", "item")
    assert (found.active, found.profile("lab-eu").actions_api) == ("lab-eu", "item")
    assert written(tmp_path) == {"active": "lab-eu", "tenant": {"lab-eu": {"actions_api": "item"}}}
    found.use("lab")
    assert written(tmp_path) == {"active": "lab", "tenant": {"lab-eu": {"actions_api": "item"}}}


def test_using_a_tenant_again_keeps_how_it_is_written_to(tmp_path):
    found = settings(tmp_path)
    found.use("lab", "item")
    found.use("lab")
    assert found.profile("lab").actions_api == "item"


FILE = """\
active = "lab"
colour = "né \\"quoted\\" \\\\ \\u007f 🙂"
ports = [1, 2.5, true]
day = 2026-11-02
limits = {deep = {"odd key" = "x"}}

[tenant."we\\"ird = 1\\n[x]"]
note = "line\\nbreak"
is_live = false
retries = 3

[tenant.contoso]
actions_api = "item"
"""


def test_what_a_file_holds_besides_survives_a_change_of_tenant(tmp_path):
    before = tomllib.loads(FILE)
    settings(tmp_path, FILE).use("contoso")
    assert written(tmp_path) == {**before, "active": "contoso"}


@pytest.mark.parametrize(
    "name",
    ["", "-x", ".x", "a/b", "..", "a b", 'a"]\n[x]', "x" * 65, "[ios]", "é", "a\n", "C:", "\x1b]0;x\x07"],
)
def test_a_name_that_cannot_be_a_files_name_is_refused(tmp_path, name):
    with pytest.raises(UsageProblem):
        check_name(name)
    with pytest.raises(UsageProblem):
        settings(tmp_path).use(name)
    assert not (tmp_path / "settings.toml").exists()


@pytest.mark.parametrize("name", ["lab", "a", "Contoso-EU_2.test", "9", "x" * 64])
def test_letters_digits_dots_and_dashes_are_a_name(name):
    check_name(name)


@pytest.mark.parametrize("text", ["active = ", "tenant = 3\n", "[tenant]\nlab = 1\n", "\x00"])
def test_a_file_that_cannot_be_understood_is_said_and_left_alone(tmp_path, text):
    found = settings(tmp_path, text)
    with pytest.raises(BadFile):
        found.use("lab")
    assert (tmp_path / "settings.toml").read_text(encoding="utf-8") == text


def test_bytes_that_are_no_text_are_a_bad_file(tmp_path):
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFile):
        _ = settings(tmp_path).active


@pytest.mark.parametrize("text", ["active = 3\n", "[tenant.contoso]\n"])
def test_an_active_tenant_that_is_missing_or_no_text_is_the_lab(tmp_path, text):
    assert settings(tmp_path, text).active == "lab"


def test_a_file_is_replaced_whole_for_its_owner_only_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "new").mkdir()
    path = tmp_path / "new" / "file.json"
    write_whole(str(path), "old")
    write_whole(str(path), "née\n")
    assert path.read_bytes() == "née\n".encode()
    assert os.listdir(path.parent) == ["file.json"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_replaced_stays_and_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "is-a-folder"
    folder.mkdir()
    (folder / "x").touch()
    with pytest.raises(StorageProblem):
        write_whole(str(folder), "text")
    assert sorted(os.listdir(tmp_path)) == ["is-a-folder"]
