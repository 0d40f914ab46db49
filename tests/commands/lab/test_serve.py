"""grace lab serve: a whole process that answers until it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from harness import Grace

PROGRAM = "from toolkit.cli.entry import main; import sys; sys.exit(main())"


@contextmanager
def started(grace: Grace, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The running program and what it said of itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "lab", "serve", *words, "-o", "jsonl"],
        env={**os.environ, "GRACE_HOME": str(grace.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def get(opening: dict[str, Any], path: str, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {opening['token']}"}
    return requests.get(opening["url"] + path, headers=headers, timeout=20, **more)


def other(grace: Grace, opening: dict[str, Any]) -> Grace:
    """Another Grace that knows the served lab by its address only."""
    live = {"GRACE_GRAPH_URL": opening["url"], "GRACE_ACCESS_TOKEN": opening["token"]}
    return Grace(grace.home.parent / "other", live)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_stopped_and_says_how_often_it_did(grace: Grace, how: signal.Signals) -> None:
    with started(grace) as (process, opening):
        answers = [get(opening, "/v1.0/organization") for _ in range(3)]
        process.send_signal(how)
        out, err = process.communicate(timeout=20)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (process.returncode, out) == (0, "")
    assert err.splitlines()[-1] == "Stopped. The lab answered 3 requests."
    assert opening["token"] not in err


def test_grace_speaks_to_it_like_to_any_tenant_and_its_clock_can_be_turned_meanwhile(grace: Grace) -> None:
    with started(grace) as (_, opening):
        live = other(grace, opening)
        live.ok("action add 'Windows baseline' --email 'Final warning' --days 9 --yes")
        before = get(opening, "/lab/clock").json()["now"]
        grace.ok("lab advance 5d")
        after = get(opening, "/lab/clock").json()["now"]
        assert (before[8:10], after[8:10]) == ("02", "07")
        served = live.json("action list 'Windows baseline'")
        assert served == grace.json("action list 'Windows baseline'")
        assert 9 * 24 in [row["gracePeriodHours"] for row in served]
        assert len(get(opening, "/lab/mail").json()["value"]) == len(grace.json("lab mail list"))


def test_with_tls_it_speaks_https_with_a_certificate_that_is_kept(grace: Grace) -> None:
    with started(grace, "--tls") as (_, opening):
        certificate = opening["certificate"]
        assert certificate == str(grace.home / "tls" / "localhost.pem")
        assert opening["url"].startswith("https://localhost:")
        assert get(opening, "/v1.0/organization", verify=certificate).status_code == 200
        made = Path(certificate).read_bytes()
    with started(grace, "--tls"):
        assert Path(certificate).read_bytes() == made


def test_its_token_goes_to_a_file_for_the_owner_only(grace: Grace, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("open to all")
    path.chmod(0o644)
    with started(grace, "--token-to", str(path)) as (process, opening):
        assert (opening["token"], opening["tokenFile"]) == (None, str(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        token = path.read_text().strip()
        assert get({**opening, "token": token}, "/lab/story").json()["organization"] == "Contoso"
        process.send_signal(signal.SIGTERM)
        assert token not in "".join(process.communicate(timeout=20))


def test_the_token_is_in_nothing_that_a_run_leaves_behind(grace: Grace) -> None:
    with started(grace) as (process, opening):
        get(opening, "/v1.0/groups")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    for path in grace.home.rglob("*"):
        if path.is_file():
            assert opening["token"].encode() not in path.read_bytes(), path


def test_links_carry_the_public_address(grace: Grace) -> None:
    with started(grace, "--public-url", "https://lab.example") as (_, opening):
        assert opening["url"] == "https://lab.example"
        assert opening["signInUrl"].startswith("https://lab.example/")


def test_a_taken_port_is_one_clear_sentence(grace: Grace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = grace.run(f"lab serve --port {port}")
    assert (answer.code, answer.stdout) == (2, "")
    assert f"Port {port} of this computer cannot be had" in answer.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--port 65536", "--port must be"),
        ("--port x", "--port"),
        ("--public-url ftp://lab.example", "--public-url"),
        ("--public-url http://lab.example", "--public-url"),
        ("--public-url https://", "--public-url"),
        ("--public-url https://lab.example:0", "--public-url"),
        ("--public-url https://lab.example:x", "--public-url"),
        ("--public-url https://lab.example/?a=b", "--public-url"),
        ("--public-url https://me:secret@lab.example", "--public-url"),
        ("--token-to /", "Cannot write the token"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_served(grace: Grace, words: str, said: str) -> None:
    answer = grace.run(f"lab serve {words} --for 0")
    assert (answer.code, answer.stdout) == (2, "")
    assert said in answer.stderr
    assert "secret" not in answer.stderr


def test_a_live_tenant_is_not_served(grace: Grace) -> None:
    answer = grace.run(
        "lab serve --for 0", GRACE_ACCESS_TOKEN="a-token", GRACE_GRAPH_URL="http://127.0.0.1:9"
    )
    assert (answer.code, "not a lab tenant" in answer.stderr) == (2, True)


@pytest.mark.parametrize(
    "output", ["table", "list", "json", "jsonl", "csv", "tsv", "yaml", "markdown", "ids"]
)
def test_every_format_says_the_address_once(grace: Grace, output: str) -> None:
    answer = grace.ok(f"lab serve --for 0 -o {output}")
    assert answer.stdout.count("http://127.0.0.1:") in (1, 2)  # Graph, and the sign-in below it
    assert answer.stderr.endswith("Stopped. The lab answered 0 requests.\n")


def test_json_is_one_document_with_what_a_script_needs(grace: Grace) -> None:
    opening = grace.json("lab serve --for 0")
    assert list(opening) == ["schema", "url", "signInUrl", "tenantId", "token", "tokenFile", "certificate"]
    assert opening["signInUrl"] == f"{opening['url']}/{opening['tenantId']}"
    assert (opening["tokenFile"], opening["certificate"]) == (None, None)


def test_the_notes_say_how_to_point_others_at_it(grace: Grace) -> None:
    said = grace.ok("lab serve --for 0 --tls").stderr
    for word in (
        "GRACE_GRAPH_URL=https://localhost:",
        "GRACE_ACCESS_TOKEN",
        "REQUESTS_CA_BUNDLE=",
        "MSAL",
        "MgEnvironment",
        "Ctrl-C",
    ):
        assert word in said
    assert grace.ok("lab serve --for 0 --quiet").stderr == ""
