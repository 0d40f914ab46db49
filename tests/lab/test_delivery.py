"""Mails as files, and over a real SMTP server on this computer."""

from __future__ import annotations

import socket
import threading
from email import message_from_bytes
from email.policy import default

import pytest

from lab.mailserver import mail_server
from toolkit.errors import BadFile, StorageProblem, Unreachable, UsageProblem
from toolkit.lab.delivery import Letter, Receipt, _check_peer, address_of, deliver, save


def letter(number: int = 1, *recipients: str, body: str = "Hello\r\n.dot\r\n") -> Letter:
    message = f"From: lab@e.example\r\nSubject: Mail {number}\r\n\r\n{body}"
    return Letter(number, "lab@e.example", recipients or ("ada@e.example",), message.encode())


@pytest.mark.parametrize(
    ("server", "host", "port"),
    [
        ("127.0.0.1:25", "127.0.0.1", 25),
        ("localhost:1025", "localhost", 1025),
        ("LOCALHOST:1", "LOCALHOST", 1),
        ("[::1]:65535", "::1", 65535),
        ("::1:25", "::1", 25),
    ],
)
def test_a_mail_server_on_this_computer_is_named_by_host_and_port(server, host, port):
    assert address_of(server) == (host, port)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("mail.example.com:25", '"mail.example.com" is not this computer'),
        ("127.0.0.2:25", "is not this computer"),
        ("0.0.0.0:25", "is not this computer"),
        ("127.0.0.1.example.com:25", "is not this computer"),
        ("2130706433:25", "is not this computer"),
        ("localhost", "is not HOST:PORT"),
        ("localhost:", "is not HOST:PORT"),
        (":25", "is not HOST:PORT"),
        ("localhost:0", "is not HOST:PORT"),
        ("localhost:65536", "is not HOST:PORT"),
        ("localhost:9999999", "is not HOST:PORT"),
        ("localhost:２５", "is not HOST:PORT"),
        ("localhost:smtp", "is not HOST:PORT"),
        ("", "is not HOST:PORT"),
    ],
)
def test_any_other_mail_server_is_refused(server, says):
    with pytest.raises(UsageProblem) as caught:
        address_of(server)
    assert says in caught.value.message


def test_a_name_that_leads_elsewhere_is_refused_after_all():
    _check_peer("::1", "localhost")
    _check_peer("127.0.0.1", "localhost")
    with pytest.raises(UsageProblem) as caught:
        _check_peer("192.0.2.1", "localhost")
    assert caught.value.message == '"localhost" is 192.0.2.1 here, which is not this computer.'


def test_letters_arrive_byte_for_byte_with_their_envelope():
    with mail_server() as post:
        sent = letter(1, "ada@e.example", "lead@e.example"), letter(2)
        assert deliver(sent, post.address) == Receipt(2, (), False)
    assert post.taken == [
        ("lab@e.example", ["ada@e.example", "lead@e.example"], sent[0].message),
        ("lab@e.example", ["ada@e.example"], sent[1].message),
    ]
    assert message_from_bytes(post.taken[1][2], policy=default)["subject"] == "Mail 2"


def test_a_refused_recipient_leaves_the_others_their_copy_and_is_named():
    with mail_server(refused=("gone@e.example",)) as post:
        receipt = deliver(
            (letter(7, "ada@e.example", "gone@e.example"), letter(8, "gone@e.example"), letter(9)),
            post.address,
        )
    assert receipt == Receipt(
        2,
        (
            "mail 7 was refused for gone@e.example (550 no\ufffd such user)",
            "mail 8 was refused for gone@e.example (550 no\ufffd such user)",
        ),
        False,
    )
    assert [recipients for _, recipients, _ in post.taken] == [["ada@e.example"], ["ada@e.example"]]


def test_a_refused_mail_does_not_stop_the_next_one():
    with mail_server(refuses_content=b"Mail 7") as post:
        assert deliver((letter(7), letter(8)), post.address) == Receipt(
            1, ("mail 7 was refused (552 too big)",), False
        )


def test_a_connection_that_breaks_leaves_one_mail_unknown_and_the_rest_unsent():
    with mail_server(hangs_up_after=1) as post:
        receipt = deliver((letter(1), letter(2), letter(3)), post.address)
    assert (receipt.taken, receipt.is_broken) == (1, True)
    broke, rest = receipt.problems
    assert broke.startswith("the connection broke (")
    assert broke.endswith("), so whether mail 2 arrived is not known")
    assert rest == "1 more was not sent"


def test_nobody_at_the_port_is_said_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        deliver((letter(),), f"127.0.0.1:{port}")
    assert caught.value.message == f"There is no mail server at 127.0.0.1:{port}: Connection refused."


def answering(answer: bytes) -> tuple[socket.socket, str]:
    """A listener that answers one caller with these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return listener, f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 go away\r\n"])
def test_what_answers_but_is_no_mail_server_is_unreachable(answer):
    listener, server = answering(answer)
    with listener, pytest.raises(Unreachable):
        deliver((letter(),), server)


def test_files_are_saved_once_and_the_folder_is_made(tmp_path):
    folder = tmp_path / "a" / "b"
    assert save({"1.eml": b"one", "2.eml": b"two"}, str(folder)) == 2
    assert save({"1.eml": b"one", "3.eml": b"three"}, str(folder)) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "1.eml": b"one",
        "2.eml": b"two",
        "3.eml": b"three",
    }


def test_a_file_with_another_content_is_kept_and_nothing_is_written_beside_it(tmp_path):
    (tmp_path / "2.eml").write_bytes(b"mine")
    with pytest.raises(BadFile) as caught:
        save({"1.eml": b"one", "2.eml": b"two"}, str(tmp_path))
    assert caught.value.message == f"{tmp_path / '2.eml'} is there with another content."
    assert [path.name for path in tmp_path.iterdir()] == ["2.eml"]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path):
    (tmp_path / "1.eml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadFile):
        save({"1.eml": b"one"}, str(tmp_path))
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_one_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageProblem) as caught:
        save({"1.eml": b"one"}, str(tmp_path / "file" / "in"))
    assert caught.value.message == f"Cannot save mails in {tmp_path / 'file' / 'in'}: Not a directory."
