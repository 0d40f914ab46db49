"""A lab's file keeps documents in order, changes wholly or not at all, and says what is wrong with it."""

from __future__ import annotations

import json
import sqlite3

import pytest

from toolkit.errors import StorageProblem
from toolkit.lab.store import APPLICATION_ID, COUNTS, INDEXED, MIGRATIONS, PAGE, PAGES, Store


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


def test_a_file_of_the_first_version_opens_and_is_looked_up_in(tmp_path):
    path = str(tmp_path / "lab")
    with sqlite3.connect(path) as connection:
        connection.executescript(MIGRATIONS[0])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        rows = [("device", "d1", {"deviceName": "Ärger"}), ("record", "d1|p1", {"policyId": "p1"})]
        connection.executemany(
            "INSERT INTO document (kind, id, body) VALUES (?, ?, ?)",
            [(kind, id, json.dumps(body)) for kind, id, body in rows],
        )
    connection.close()
    store = Store(path)
    assert store.lookup("device", "deviceName", "ÄRGER") == [{"deviceName": "Ärger"}]
    assert store.lookup("record", "policyId", "P1") == [{"policyId": "p1"}]
    store.put("device", "d1", {"deviceName": "b"})
    store.close()
    again = Store(path)
    assert again.lookup("device", "deviceName", "ärger") == []
    assert again.lookup("device", "deviceName", "B") == [{"deviceName": "b"}]


@pytest.mark.parametrize("key", INDEXED, ids="/".join)
def test_what_is_indexed_is_found_without_reading_everything(key):
    store = Store(":memory:")
    plan = store._execute("EXPLAIN QUERY PLAN " + PAGES[key], ("x", 0, 10, 0)).fetchall()
    assert [row[3].partition(" (")[0].rpartition(" ")[0] for row in plan] == ["SEARCH document USING INDEX"]
    assert f"(kind=? AND {INDEXED[key]}=? AND rowid>?)" in plan[0][3]
    count = store._execute("EXPLAIN QUERY PLAN " + COUNTS[key], ("x",)).fetchall()
    assert not any("SCAN" in row[3] for row in count)


def test_a_page_and_the_number_of_a_kind_come_from_an_index():
    store = Store(":memory:")
    for sql, values in ((PAGE, ("x", 0, 10, 0)), ("SELECT count(*) FROM document WHERE kind = ?", ("x",))):
        plan = store._execute("EXPLAIN QUERY PLAN " + sql, values).fetchall()
        assert len(plan) == 1
        assert plan[0][3].startswith("SEARCH document USING")


def test_a_scan_reads_no_further_than_it_is_asked_to():
    store = Store(":memory:")
    for number in range(3000):
        store.put("device", f"d{number}", {"n": number, "operatingSystem": "iOS" if number % 2 else "Linux"})
    read = []
    store._connection.set_trace_callback(read.append)
    first = store.scan("device", first=3)
    assert [next(first)[1]["n"] for _ in range(3)] == [0, 1, 2]
    assert len(read) == 1
    assert "LIMIT 3" in read[0]
    store._connection.set_trace_callback(None)
    assert [row["n"] for _, row in store.scan("device", first=7)] == list(range(3000))
    places = [place for place, _ in store.scan("device")]
    assert next(store.scan("device", after=places[99]))[1] == {"n": 100, "operatingSystem": "Linux"}
    assert [row["n"] for _, row in store.scan("device", offset=2000, first=10)] == list(range(2000, 3000))
    odd = [row["n"] for _, row in store.scan("device", ("operatingSystem", ("IOS",)), first=1)]
    assert odd == list(range(1, 3000, 2))
    both = [
        row["n"]
        for _, row in store.scan("device", ("operatingSystem", ("ios", "linux", "IOS", "x")), first=5)
    ]
    assert both == list(range(3000))
    assert store.tally("device", "operatingSystem", "LINUX") == 1500


def test_only_texts_are_looked_up():
    store = Store(":memory:")
    for number, value in enumerate([None, 3, True, "3", ""]):
        store.put("group", str(number), {"displayName": value})
    assert store.lookup("group", "displayName", "3") == [{"displayName": "3"}]
    assert store.lookup("group", "displayName", "") == [{"displayName": ""}]


def test_what_a_document_no_longer_has_is_no_longer_found():
    store = Store(":memory:")
    store.put("device", "d1", {"deviceName": "a", "complianceState": "compliant"})
    store.patch("device", "d1", {"complianceState": "noncompliant"})
    assert store.lookup("device", "deviceName", "a") == [
        {"deviceName": "a", "complianceState": "noncompliant"}
    ]
    assert store.lookup("device", "complianceState", "compliant") == []
    store.put("device", "d1", {"complianceState": "noncompliant"})
    assert store.lookup("device", "deviceName", "a") == []
    assert len(store.lookup("device", "complianceState", "NonCompliant")) == 1
