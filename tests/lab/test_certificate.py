"""The certificate of a lab that speaks TLS."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from toolkit.errors import StorageProblem
from toolkit.lab.certificate import make_certificate

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def test_it_is_made_once_and_its_key_is_for_its_owner_only(tmp_path: Path):
    folder = tmp_path / "deep" / "tls"
    certificate, key = make_certificate(str(folder), now=NOW)
    made = (Path(certificate).read_bytes(), Path(key).read_bytes())
    assert Path(key).stat().st_mode & 0o777 == 0o600
    assert make_certificate(str(folder), now=NOW + timedelta(days=300)) == (certificate, key)
    assert (Path(certificate).read_bytes(), Path(key).read_bytes()) == made
    assert sorted(path.name for path in folder.iterdir()) == ["localhost.key", "localhost.pem"]


def test_it_names_this_computer_and_is_no_authority(tmp_path: Path):
    certificate, key = make_certificate(str(tmp_path), now=NOW)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    assert trusting.cert_store_stats()["x509_ca"] == 0
    assert trusting.cert_store_stats()["x509"] == 1
    from cryptography import x509

    found = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    "days",
    [336, 400, -2],
    ids=["about to expire", "expired", "of the future"],
)
def test_it_is_made_anew_when_it_does_not_last(tmp_path: Path, days: int):
    certificate, _ = make_certificate(str(tmp_path), now=NOW)
    old = Path(certificate).read_bytes()
    make_certificate(str(tmp_path), now=NOW + timedelta(days=days))
    assert Path(certificate).read_bytes() != old


@pytest.mark.parametrize("damage", ["certificate", "key", "no key", "another key"])
def test_it_is_made_anew_when_it_is_damaged(tmp_path: Path, damage: str):
    certificate, key = map(Path, make_certificate(str(tmp_path / "a"), now=NOW))
    if damage == "certificate":
        certificate.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    elif damage == "key":
        key.write_text("nothing")
    elif damage == "no key":
        key.unlink()
    else:
        key.write_bytes(Path(make_certificate(str(tmp_path / "b"), now=NOW)[1]).read_bytes())
    make_certificate(str(tmp_path / "a"), now=NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_a_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageProblem, match="Cannot keep the lab's certificate"):
        make_certificate(str(tmp_path / "file" / "tls"), now=NOW)
