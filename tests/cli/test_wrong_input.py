"""Wrong input of every kind: one sentence, the right exit code, no traceback, nothing changed."""

from __future__ import annotations

import pytest

from harness import Grace

ADD = "action add 'Windows baseline'"
CASES = {
    # command line: 2
    "no such noun": ("polcy list", 2, "policy"),
    "no verb": ("policy", 2, "wants a verb"),
    "no such verb": ("policy lst", 2, "list"),
    "no such flag": ("policy list --plattform ios", 2, "--platform"),
    "no such format": ("policy list -o xml", 2, "xml"),
    "no policy": ("action add --email 'First warning' --days 1", 2, "POLICY"),
    "nothing to do": (f"{ADD} --days 1", 2, "--email"),
    "two things to do": (f"{ADD} --lock --push --days 1", 2, "--push"),
    "no when": (f"{ADD} --email 'First warning'", 2, "--days"),
    "two whens": (f"{ADD} --email 'First warning' --days 1 --hours 2", 2, "--hours"),
    "a bare number": (f"{ADD} --email 'First warning' --after 3", 2, "3d"),
    "a negative wait": (f"{ADD} --email 'First warning' --days=-1", 2, "out of range"),
    "too long a wait": (f"{ADD} --email 'First warning' --days 366", 2, "365"),
    "too many hours": (f"{ADD} --email 'First warning' --hours 8761", 2, "8760"),
    "part of an hour": (f"{ADD} --email 'First warning' --hours 1.5", 2, "whole"),
    "not a number": (f"{ADD} --email 'First warning' --days soon", 2, "number"),
    "infinity": (f"{ADD} --email 'First warning' --after 1e999d", 2, "not a wait"),
    "recipients of a lock": ("action add 'iOS baseline' --lock --cc Finance --days 1", 2, "recipients"),
    "push on macOS": ("action add 'macOS baseline' --push --days 1", 2, "iOS"),
    "no mark to remove": ("action remove 'Windows baseline' mark", 2, "grace period"),
    "nothing to edit": ("action edit 'Windows baseline' mark", 2, "--days"),
    "a template of a mark": ("action edit 'Windows baseline' mark --template 'First warning'", 2, "email"),
    "copy to another platform": ("action copy 'iOS baseline' --to 'macOS baseline'", 2, "iOS"),
    "an empty schedule": ("action set 'iOS pilot' --from-file -", 2, "no list of actions"),
    "a missing file": ("action set 'iOS pilot' --from-file /nowhere/x.yaml", 2, "No such file"),
    "an empty name": ("template new --name ' ' --subject S --message M", 2, "empty"),
    "an empty subject": ("template new --name N --subject '' --message M", 2, "subject is empty"),
    "a long subject": (f"template new --name N --subject {'s' * 79} --message M", 2, "78"),
    "a long message": (f"template new --name N --subject S --message {'m' * 2001}", 2, "2000"),
    "no locale": ("template localize 'First warning' --locale xx-xx --subject S --message M", 2, "locale"),
    "half a message": ("template localize 'First warning' --locale es-es --subject S", 2, "--message"),
    "the default language": ("template unlocalize 'First warning' --locale en-us", 2, "default"),
    "a name that is taken": (
        "template new --name 'First warning' --subject S --message M",
        2,
        "exists already",
    ),
    "a message from no file": ("template new --name N --subject S --message @/nowhere", 2, "No such file"),
    "no platform": ("policy new --platform beos --name N", 2, "platform"),
    "no such setting": (
        "policy new --platform ios --name N --set passcodeRequird=true",
        2,
        "passcodeRequired",
    ),
    "a wrong type": ("policy new --platform ios --name N --set passcodeRequired=maybe", 2, "true"),
    "out of range": ("policy new --platform ios --name N --set passcodeMinimumLength=3", 2, "4"),
    "no such member": (
        "policy new --platform ios --name N --set passcodeRequiredType=hard",
        2,
        "alphanumeric",
    ),
    "not NAME=VALUE": ("policy new --platform ios --name N --set passcodeRequired", 2, "NAME=VALUE"),
    "a filter that is none": ("policy list --filter 'displayName eq'", 2, "filter"),
    "a query that is none": ("policy list --query '[?'", 2, "JMESPath"),
    "no such column": ("policy list --select nothing", 2, "nothing"),
    "no such sort": ("policy list --sort nothing", 2, "nothing"),
    "a negative top": ("policy list --top=-1", 2, "negative"),
    "a tenant's name": ("policy list --tenant ../../etc", 2, "cannot be the name"),
    "a lab command elsewhere": ("lab clock --tenant nowhere", 3, "nowhere"),
    "a method that is none": ("graph FETCH /me", 2, "GET"),
    "a body that is none": ("graph POST /me --body '{'", 2, "JSON"),
    "a header of ours": ("graph GET /me --header 'Authorization: Bearer x'", 2, "Authorization"),
    "another host": ("graph GET https://evil.example/v1.0/me", 1, "evil.example"),
    "time going back": ("lab advance -- -5d", 2, "wait"),
    "a story that is none": ("lab init nowhere --tenant lab-x", 2, "contoso"),
    "a rule that is none": ("lab rules --set action-clok=x", 2, "action-clock"),
    "a rule's value that is none": ("lab rules --set action-clock=x", 2, "after-mark"),
    # not found: 3
    "no such policy": ("policy show 'Windows basline'", 3, "Windows baseline"),
    "no such template": (f"{ADD} --email 'First warnin' --days 1 --yes", 3, "First warning"),
    "no such group": (f"{ADD} --email 'First warning' --cc Helpdesk --days 1 --yes", 3, "Help desk"),
    "no such device": ("device show WIN-9999", 3, "device"),
    "no such wildcard": ("action list 'Solaris*'", 3, "Solaris"),
    "no such action": ("action edit 'Windows baseline' 99 --days 1", 3, "99"),
    "several of a kind": ("action edit 'Windows baseline' email --days 1", 3, "number"),
    "no such entry": ("journal show 99", 3, "99"),
    "no such language": ("template preview 'First warning' --locale es-es", 3, "es-es"),
    "no such tenant": ("policy list --tenant nowhere", 3, "nowhere"),
}


@pytest.mark.parametrize(("line", "code", "said"), CASES.values(), ids=CASES)
def test_it_is_one_clear_sentence(grace: Grace, line: str, code: int, said: str) -> None:
    before = grace.content()
    answer = grace.run(line)
    assert answer.code == code, answer
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "bug" not in answer.stderr
    assert answer.stdout == ""
    assert answer.stderr.count("Error:") == 1
    assert grace.content() == before
    assert not any(method != "GET" for method, _ in grace.sent)


@pytest.mark.parametrize(("line", "code", "said"), CASES.values(), ids=CASES)
def test_as_json_it_is_one_object_on_stderr(grace: Grace, line: str, code: int, said: str) -> None:
    if "-o xml" in line:
        return
    line = line.replace(" -- ", " -o json -- ") if " -- " in line else f"{line} -o json"
    answer = grace.run(line)
    assert (answer.code, answer.stdout) == (code, "")
    assert set(answer.error) >= {"code", "message", "hint", "requestId"}
    assert len(answer.stderr.splitlines()) == 1


def test_a_corrupt_settings_file_is_named(grace: Grace) -> None:
    (grace.home / "settings.toml").write_text("active = [")
    answer = grace.run("policy list")
    assert (answer.code, "settings.toml" in answer.stderr) == (2, True)


def test_a_corrupt_lab_is_named(grace: Grace) -> None:
    (grace.home / "labs" / "lab.sqlite").write_bytes(b"not a database at all, but long enough" * 100)
    answer = grace.run("policy list")
    assert (answer.code, "lab.sqlite" in answer.stderr) == (1, True)


def test_binary_on_standard_input_is_refused(grace: Grace) -> None:
    answer = grace.run("action add - --email 'First warning' --days 1", stdin="\x00\x01[")
    assert answer.code in (2, 3), answer


def test_standard_input_that_names_nothing_is_refused(grace: Grace) -> None:
    for text in ("", "[]", "{}", '{"a": 1}', "[1, 2]", '["Windows baseline", 7]'):
        answer = grace.run("action add - --email 'First warning' --days 1 --yes", stdin=text)
        assert answer.code == 2, (text, answer)


def test_a_home_that_cannot_be_written_is_one_sentence(grace: Grace, tmp_path: object) -> None:
    (grace.home / "journal").write_text("a file where the folder belongs")
    before = grace.content()
    answer = grace.run("template new --name N --subject S --message M")
    assert (answer.code, "journal" in answer.stderr) == (1, True)
    assert grace.content() == before
