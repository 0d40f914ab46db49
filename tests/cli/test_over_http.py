"""The whole program over real HTTP: the lab behind a loopback server stands for Microsoft Graph."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Grace
from toolkit.cli.tools import LAB_ROOT
from toolkit.clock import FixedClock
from toolkit.lab.app import Lab, Request, Response
from toolkit.lab.serve import LabServer
from toolkit.lab.store import Store

TOKEN = "a-token-nobody-may-see"


class Watched(Lab):
    """A lab that remembers with which token it was asked."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.tokens: set[str | None] = set()

    def handle(self, request: Request) -> Response:
        self.tokens.add(request.headers.get("authorization"))
        return super().handle(request)


@pytest.fixture
def server(tmp_path: Path, contoso: Path) -> Iterator[LabServer]:
    path = tmp_path / "served.sqlite"
    shutil.copy(contoso, path)
    made = LabServer(Watched(Store(str(path))), token=TOKEN, throttled=False)
    made.start()
    yield made
    made.stop()
    made.lab.close()


@pytest.fixture
def live(tmp_path: Path, server: LabServer) -> Grace:
    return Grace(tmp_path / "live", {"GRACE_ACCESS_TOKEN": TOKEN, "GRACE_GRAPH_URL": server.url})


def test_the_job_from_list_to_undo(live: Grace, server: LabServer) -> None:
    rows = live.json("action list 'Windows baseline'")
    live.ok("action add 'Windows baseline' --email 'Final warning' --days 9 --yes")
    assert len(live.json("action list 'Windows baseline'")) == len(rows) + 1
    assert live.json("journal list")[0]["tenant"]["name"] == "Contoso"
    live.ok("undo --yes")
    after = live.json("action list 'Windows baseline'")
    assert [(r["actionType"], r["gracePeriodHours"]) for r in after] == [
        (r["actionType"], r["gracePeriodHours"]) for r in rows
    ]
    assert isinstance(server.lab, Watched)
    assert server.lab.tokens == {f"Bearer {TOKEN}"}


READING = (
    "action list",
    "action explain 'Windows baseline'",
    "device list",
    "device show WIN-0002",
    "fleet impact",
    "group list",
    "group members 'Help desk'",
    "policy list",
    "policy show 'Windows baseline'",
    "policy status",
    "template list",
    "template show 'Final warning'",
    "template usage",
    "graph GET '/deviceManagement/managedDevices?$top=3&$select=deviceName'",
)


@pytest.mark.parametrize("line", READING)
def test_what_is_read_over_http_is_what_is_read_in_process(
    grace: Grace, live: Grace, server: LabServer, line: str
) -> None:
    # A tenant's time is everybody's; the lab's own goes with the lab.
    live.clock = FixedClock(server.lab.world.now)
    over_http = live.ok(f"{line} -o json").stdout.replace(server.url, LAB_ROOT)
    assert json.loads(over_http) == grace.json(line)


def test_what_is_written_over_http_is_what_is_written_in_process(
    grace: Grace, live: Grace, server: LabServer
) -> None:
    for one in (grace, live):
        one.ok("template new --name Extra --subject S --message M --yes")
        one.ok("action add 'Windows baseline' --email Extra --days 9 --yes")
        one.ok("action remove 'iOS baseline' email --yes --force 'iOS baseline'")
        one.ok("policy edit 'Windows baseline' --set passwordRequired=true --yes")
        one.ok("policy assign 'Windows baseline' --all-users --yes --force 'Windows baseline'")
        one.ok("policy new --platform ios --name Fresh --yes")
        one.ok("policy remove Fresh --yes --force Fresh")
    kinds = ("policy", "catalogPolicy", "template", "group", "access")
    served = {kind: server.lab.store.all(kind) for kind in kinds}
    assert served == {kind: grace.lab().store.all(kind) for kind in kinds}


def test_the_token_is_in_nothing_that_a_run_leaves_behind(live: Grace, tmp_path: Path) -> None:
    answer = live.ok("action add 'Windows baseline' --email 'Final warning' --days 9 --yes --debug")
    assert TOKEN not in answer.stdout + answer.stderr
    for path in (tmp_path / "live").rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), path


def test_a_dead_service_is_one_sentence(live: Grace, server: LabServer) -> None:
    server.stop()
    answer = live.run("policy list")
    assert (answer.code, "127.0.0.1" in answer.stderr, "bug" in answer.stderr) == (7, True, False)


def test_another_host_must_be_https(tmp_path: Path) -> None:
    grace = Grace(tmp_path, {"GRACE_ACCESS_TOKEN": TOKEN, "GRACE_GRAPH_URL": "http://graph.example"})
    answer = grace.run("policy list")
    assert (answer.code, "https" in answer.stderr) == (2, True)


def test_a_tenant_without_a_token_asks_for_signing_in(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.toml").write_text('active = "prod"\n[tenant."prod"]\nkind = "graph"\n')
    answer = Grace(home).run("policy list")
    assert (answer.code, "GRACE_ACCESS_TOKEN" in answer.stderr) == (4, True)
