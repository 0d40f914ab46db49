"""The scripted service itself: a test must be able to fail by it."""

from __future__ import annotations

import pytest


def test_a_request_that_nobody_expected_fails_the_test(service):
    with pytest.raises(pytest.fail.Exception, match=r"asked: GET /v1\.0/me\nexpected: nothing more"):
        service.session().get("/me")


def test_a_scripted_request_that_is_never_sent_fails_the_test(service):
    service.expect("GET /v1.0/me")
    with pytest.raises(pytest.fail.Exception, match=r"never asked: GET /v1\.0/me"):
        service.finish()
    service.script.clear()
