"""A lab's file keeps documents in order, changes wholly or not at all, and says what is wrong with it."""

from __future__ import annotations

import sqlite3

import pytest

from toolkit.errors import StorageProblem
from toolkit.lab.store import Store


def test_documents_keep_their_first_place_and_ids_mind_no_case():
    store = Store(":memory:")
    store.put("user", "B", {"n": 1})
    store.put("user", "a", {"n": 2})
    store.put("user", "b", {"n": 3})
    store.put("group", "b", {"n": 4})
    assert store.items("user") == [("B", {"n": 3}), ("a", {"n": 2})]
    assert store.get("user", "A") == {"n": 2}
    assert store.delete("user", "A") is True
    assert store.delete("user", "A") is False
    assert store.all("user") == [{"n": 3}]


def test_a_document_that_was_read_is_a_copy():
    store = Store(":memory:")
    store.put("user", "a", {"names": ["x"]})
    store.get("user", "a")["names"].append("y")
    assert store.get("user", "a") == {"names": ["x"]}


def test_a_failed_transaction_leaves_nothing_and_an_inner_one_joins():
    store = Store(":memory:")

    def fail():
        with store.transaction():
            store.put("user", "a", {})
            with store.transaction():
                store.append("event", {})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (store.all("user"), store.log("event")) == ([], [])


def test_log_rows_are_numbered_from_one_and_numbers_are_not_used_again():
    store = Store(":memory:")
    assert [store.append("mail", {"n": n}) for n in range(5)] == [1, 2, 3, 4, 5]
    assert store.append("event", {}) == 1
    store.trim("mail", 2)
    assert store.log("mail") == [(4, {"n": 3}), (5, {"n": 4})]
    assert store.append("mail", {}) == 6


def test_a_store_is_found_again_in_its_file(tmp_path):
    path = str(tmp_path / "lab.sqlite")
    first = Store(path)
    first.set_meta("clock", "x")
    first.put("user", "ü", {"name": "Ü\u202e"})
    first.close()
    again = Store(path)
    assert (again.meta("clock"), again.get("user", "ü"), again.meta("none")) == (
        "x",
        {"name": "Ü\u202e"},
        None,
    )


def test_new_ids_are_guids_that_the_same_seed_gives_again():
    ids = []
    for seed in (1, 1, 2):
        store = Store(":memory:")
        store.set_meta("seed", seed)
        ids.append((store.new_id(), store.new_id()))
    assert ids[0] == ids[1]
    assert len({*ids[0], *ids[2]}) == 4


def test_a_file_that_is_no_lab_is_refused_in_a_sentence(tmp_path):
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageProblem, match="damaged or no lab"):
        Store(str(garbage))
    other = tmp_path / "other"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(StorageProblem, match="another program"):
        Store(str(other))
    with pytest.raises(StorageProblem, match="cannot be opened"):
        Store(str(tmp_path / "no" / "such" / "folder"))


def test_a_file_of_a_newer_grace_is_refused(tmp_path):
    path = str(tmp_path / "lab")
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageProblem, match="newer Grace"):
        Store(path)


def test_a_full_disk_is_said_and_changes_nothing(tmp_path):
    store = Store(str(tmp_path / "lab"))
    store.put("user", "a", {"n": 1})
    store._connection.execute("PRAGMA max_page_count = 8")

    def fill():
        with store.transaction():
            for n in range(1000):
                store.put("user", f"u{n}", {"text": "x" * 1000})

    with pytest.raises(StorageProblem, match="disk is full"):
        fill()
    assert store.all("user") == [{"n": 1}]


def test_a_locked_file_is_said(tmp_path):
    path = str(tmp_path / "lab")
    store, other = Store(path), Store(path)
    store._connection.execute("PRAGMA busy_timeout = 10")
    with other.transaction():
        other.put("user", "a", {})
        with pytest.raises(StorageProblem, match="in use by another program"):
            store.put("user", "b", {})
