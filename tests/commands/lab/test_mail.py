"""grace lab mail: one mail as text, page and document; mails as files, and through a real mail server."""

from __future__ import annotations

import socket
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from harness import Answer, Grace
from lab.mailserver import mail_server


@pytest.fixture
def mailed(grace: Grace) -> Grace:
    """Ten days on: many mails, some with copies, one of them in French."""
    grace.ok("lab advance 10d")
    return grace


def unreachable_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def french(mailed: Grace) -> int:
    """The number of the mail that Farid has got."""
    (mail,) = mailed.json("lab mail list --filter \"locale eq 'fr-fr'\"")
    assert mail["to"] == "farid.haddad@contoso.example"
    number: int = mail["number"]
    return number


def said(answer: Answer) -> tuple[int, str]:
    """Exit code and what stands on stderr."""
    return answer.code, answer.stderr


def test_the_newest_mail_is_shown_where_no_number_is_given(mailed: Grace) -> None:
    newest = mailed.json("lab mail list")[-1]
    assert mailed.json("lab mail show") == newest
    assert f"Subject:  {newest['subject']}\n" in mailed.ok("lab mail show").stdout


def test_a_mail_is_shown_as_it_reads(mailed: Grace) -> None:
    shown = mailed.ok(f"lab mail show {french(mailed)}").stdout
    assert shown.startswith(
        "From:     microsoft-noreply@microsoft.com\nTo:       farid.haddad@contoso.example\nDate:     2026-11-04T"
    )
    assert "Language: fr-fr\n" in shown
    assert "\n\nFarid Haddad, l’accès prend fin bientôt.\n\nContoso\n" in shown
    assert "\n\nDevice: MAC-0002\n" in shown


def test_as_html_it_is_one_page_and_nothing_else_is_on_stdout(mailed: Grace) -> None:
    page = mailed.ok(f"lab mail show {french(mailed)} -o html")
    assert page.stdout.startswith('<!doctype html>\n<html lang="fr-fr">')
    assert page.stdout.endswith("</html>\n")
    assert "<p>Farid Haddad, l’accès prend fin bientôt.</p>" in page.stdout
    assert page.stderr == ""


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("lab mail show 99", 3, "There is no mail 99."),
        ("lab mail list 3", 2, "A number goes with show."),
        ("lab mail show 1 --smtp mail.example.com:25", 2, '"mail.example.com" is not this computer'),
        ("lab mail show 1 --smtp localhost", 2, '"localhost" is not HOST:PORT'),
        ("lab mail show 1 --save /dev/null/x", 1, "Cannot save mails in /dev/null/x: Not a directory."),
    ],
)
def test_what_cannot_be_done_is_said(mailed: Grace, line: str, code: int, says: str) -> None:
    answer = mailed.run(line)
    assert (answer.code, says in answer.stderr, answer.stdout) == (code, True, ""), answer


def test_a_mail_server_elsewhere_is_refused_before_a_file_is_written(mailed: Grace, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    assert mailed.run(f"lab mail list --save {folder} --smtp mail.example.com:25").code == 2
    assert not folder.exists()


def test_before_the_first_mail_there_is_nothing_to_show_or_to_save(grace: Grace, tmp_path: Path) -> None:
    assert grace.run("lab mail show").code == 3
    assert "The lab has sent no mail yet." in grace.ok(f"lab mail list --save {tmp_path / 'mails'}").stderr
    assert not (tmp_path / "mails").exists()


def test_show_saves_one_mail_and_list_saves_all_once(mailed: Grace, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    number = french(mailed)
    name = f"{number:04d}-final-warning.eml"
    assert said(mailed.ok(f"lab mail show {number} --save {folder}")) == (0, f"Saved {name} in {folder}.\n")
    mail = message_from_bytes((folder / name).read_bytes(), policy=default)
    assert (mail["To"], mail["Subject"]) == ("farid.haddad@contoso.example", "Dernier rappel pour MAC-0002")
    count = len(mailed.json("lab mail list"))
    assert mailed.ok(f"lab mail list --save {folder}").stderr == (
        f"Saved {count - 1} mails in {folder}. 1 mail in {folder} already, with the same content.\n"
    )
    assert len(list(folder.iterdir())) == count
    assert mailed.ok(f"lab mail list --save {folder} -q").stderr == ""


def test_the_same_lab_saves_the_same_bytes(mailed: Grace, tmp_path: Path) -> None:
    twin = Grace(tmp_path / "twin")
    twin.ok("lab init contoso")
    twin.ok("lab advance 10d")
    mailed.ok(f"lab mail list --save {tmp_path / 'one'}")
    twin.ok(f"lab mail list --save {tmp_path / 'two'}")
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")
    )
    assert one == two


def test_a_mail_that_was_saved_with_another_content_is_kept(mailed: Grace, tmp_path: Path) -> None:
    mine = tmp_path / f"{french(mailed):04d}-final-warning.eml"
    mine.write_text("mine")
    answer = mailed.run(f"lab mail list --save {tmp_path}")
    assert (answer.code, list(tmp_path.glob("*.eml")), mine.read_text()) == (2, [mine], "mine")
    assert f"{mine} is there with another content." in answer.stderr


def test_mails_are_delivered_to_a_real_mail_server_as_they_are_saved(mailed: Grace, tmp_path: Path) -> None:
    with mail_server() as post:
        answer = mailed.ok(f"lab mail list --smtp {post.address} --save {tmp_path / 'mails'}")
    mails = mailed.json("lab mail list")
    assert answer.stderr.endswith(f"{post.address} took {len(mails)} of {len(mails)} mails.\n")
    assert [recipients for _, recipients, _ in post.taken] == [[mail["to"], *mail["cc"]] for mail in mails]
    assert any(len(recipients) > 1 for _, recipients, _ in post.taken)
    assert {sender for sender, _, _ in post.taken} == {"microsoft-noreply@microsoft.com"}
    saved = [path.read_bytes() for path in sorted((tmp_path / "mails").iterdir())]
    assert [message for _, _, message in post.taken] == saved


def test_what_was_delivered_only_in_part_is_said_plainly(mailed: Grace) -> None:
    number = french(mailed)
    with mail_server(refused=("ada.novak@contoso.example", "farid.haddad@contoso.example")) as post:
        answer = mailed.run(f"lab mail list --smtp {post.address}")
        only = mailed.run(f"lab mail show {number} --smtp {post.address} -o json")
    count = len(mailed.json("lab mail list"))
    assert answer.code == 6
    assert f"{post.address} took {count - 1} of {count} mails.\n" in answer.stderr
    assert " was refused for ada.novak@contoso.example (550 no" in answer.stderr
    assert "; and 2 more." in answer.stderr
    assert (only.code, only.error["code"]) == (1, "GraceProblem")
    assert f": mail {number} was refused for farid.haddad@contoso.example" in only.error["message"]
    assert only.json["number"] == number


def test_where_no_mail_server_is_the_exit_code_says_so(mailed: Grace) -> None:
    port = unreachable_port()
    answer = mailed.run(f"lab mail show --smtp localhost:{port}")
    assert (answer.code, answer.stdout) == (7, "")
    assert f"There is no mail server at localhost:{port}: Connection refused." in answer.stderr
    with mail_server(hangs_up_after=0) as post:
        answer = mailed.run(f"lab mail list --smtp {post.address}")
    assert (answer.code, "more were not sent" in answer.stderr) == (7, True)


def test_a_mail_without_anybody_to_go_to_is_not_sent(mailed: Grace) -> None:
    lab = mailed.lab()
    last, mail = lab.store.log("mail")[-1]
    lab.store.append("mail", {**mail, "number": last + 1, "to": None, "cc": ["no address"]})
    lab.store.close()
    with mail_server() as post:
        answer = mailed.ok(f"lab mail show --smtp {post.address}")
    assert post.taken == []
    assert answer.stderr == (
        f"Mail {last + 1}: no address cannot be written to.\n"
        f"Mail {last + 1} has nobody to go to and was not sent.\n"
    )
    assert "To:       nobody\n" in answer.stdout
