# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the Kubernetes API: who asks, which way they take, and what time it is there."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.batch import in_parallel
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured, Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._common.http.client import Answer, Message
from ansible_collections.eduide.theia.plugins.module_utils._common.http.connections import Pem
from ansible_collections.eduide.theia.plugins.module_utils._common.http.rules import Effect
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import transport as transport_module
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import Access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.credentials import (
    FetchedCredential,
    Proof,
    fixed,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.requests import reading
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Clock, Transport
from unit.loopback import Loopback, Say

OK = Say(body={"ok": True})


def access(host, **more):
    return Access(host=host, source="context 'exam' of /config", credential=fixed("Bearer sesame"), **more)


def test_each_request_says_who_asks():
    tokens = iter(["Bearer first", "Bearer second"])
    credential = FetchedCredential(lambda _deadline: (Proof(next(tokens)), 0))
    headers = (("Impersonate-User", "ada"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    with Loopback(lambda _seen: OK) as server:
        asker = Transport(
            access(server.url, headers=headers)._replace(credential=credential),
            timeout_seconds=5,
            connections=1,
        )
        asker.request(reading("/x"))
        patch = [("Content-Type", "application/merge-patch+json")]
        asker.request(Message("PATCH", "/x", Effect.UNGUARDED_WRITE, patch, b"{}"))
    first, second = server.seen
    assert (first.header("Authorization"), second.header("Authorization")) == ("Bearer first", "Bearer second")
    assert second.header("Content-Type") == "application/merge-patch+json"
    assert second.headers["impersonate-group"] == ["a", "b"]
    assert first.header("User-Agent") == "eduide.theia"


def accepting(token):
    """A server to which only one token counts."""
    return lambda seen: OK if seen.header("Authorization") == token else Say(401, body={"kind": "Status"})


@pytest.mark.parametrize(
    ("proofs", "status", "asked"),
    [
        pytest.param(["old", "new"], 200, ["old", "new"], id="renewed"),
        pytest.param(["old", "old"], 401, ["old"], id="the-same-again"),
        pytest.param(["old", "older", "new"], 401, ["old", "older"], id="once"),
    ],
)
@pytest.mark.parametrize("effect", Effect)
def test_a_refused_proof_is_renewed_once_and_the_request_repeated(proofs, status, asked, effect):
    tokens = iter(proofs)
    credential = FetchedCredential(lambda _deadline: (Proof(next(tokens)), None))
    with Loopback(accepting("new")) as server:
        asker = Transport(access(server.url)._replace(credential=credential), timeout_seconds=5, connections=1)
        assert asker.request(Message("PATCH", "/x", effect)).status == status
    assert [seen.header("Authorization") for seen in server.seen] == asked


def test_many_threads_that_are_refused_renew_together():
    fetched = []

    def fetch(_deadline):
        fetched.append(len(fetched))
        return Proof(("old", "new")[fetched[-1]]), None

    with Loopback(accepting("new")) as server:
        asker = Transport(
            access(server.url)._replace(credential=FetchedCredential(fetch)), timeout_seconds=5, connections=8
        )
        answers = in_parallel(lambda _number: asker.request(reading("/x")), range(40), 8)
    assert {answer.status for answer in answers} == {200}
    assert fetched == [0, 1]


def test_a_new_certificate_is_shown_on_new_connections(monkeypatch):
    proofs = iter([Proof(None, Pem(data=b"1")), Proof(None, Pem(data=b"1")), Proof(None, Pem(data=b"2"))])
    shown = []

    class Client:
        def __init__(self, endpoint, **_unused):
            shown.append(endpoint.client_cert.data)

        def send(self, _message, _deadline, **_unused):
            return Answer(200, {}, b"")

    monkeypatch.setattr(transport_module, "HttpClient", Client)
    credential = FetchedCredential(lambda _deadline: (next(proofs), 0))
    asker = Transport(access("https://api")._replace(credential=credential), timeout_seconds=5, connections=1)
    for _number in range(3):
        asker.request(reading("/x"))
    assert shown == [b"1", b"2"]


def test_what_cannot_be_reached_is_named_with_where_its_address_came_from():
    asker = Transport(access("http://api.invalid"), timeout_seconds=5, connections=1)
    with pytest.raises(Unreachable, match=r"the Kubernetes API at http://api.invalid \(context 'exam' of /config\)"):
        asker.request(reading("/x"))


OPTION, KUBECONFIG = {"proxy": "http://proxy:1"}, {"proxy": "http://proxy:1", "no_proxy": ""}


@pytest.mark.parametrize(
    ("given", "environ", "wanted"),
    [
        pytest.param({}, {}, None, id="none"),
        pytest.param(OPTION, {"HTTPS_PROXY": "other:1"}, "http://proxy:1", id="option-before-environment"),
        pytest.param({}, {"HTTPS_PROXY": "other:1"}, "http://other:1", id="environment"),
        pytest.param({}, {"HTTP_PROXY": "other:1"}, None, id="environment-for-another-scheme"),
        pytest.param({"no_proxy": "api"}, {"HTTPS_PROXY": "other:1"}, None, id="option-no-proxy-alone"),
        pytest.param({"no_proxy": "x"}, {"HTTPS_PROXY": "other:1", "no_proxy": "api"}, "http://other:1", id="no-proxy"),
        pytest.param({**OPTION, "no_proxy": "api"}, {}, None, id="option-and-no-proxy"),
        pytest.param(OPTION, {"NO_PROXY": "api"}, None, id="option-and-environment-no-proxy"),
        pytest.param(KUBECONFIG, {"NO_PROXY": "*"}, "http://proxy:1", id="kubeconfig-as-kubectl"),
    ],
)
def test_the_proxy_is_the_one_that_is_meant(given, environ, wanted):
    found = access("https://api", **given).endpoint(environ, Proof()).proxy
    assert (found.url if found else None) == wanted


def test_a_proxy_that_is_none_is_named_by_where_it_came_from():
    with pytest.raises(Misconfigured, match="the proxy of context 'exam' of /config: that is no address"):
        access("https://api", proxy="ftp://x", proxy_source="context 'exam' of /config").endpoint({}, Proof())


@pytest.mark.parametrize("hours", [5, -24])
def test_how_far_the_server_s_clock_is_from_this_one_is_known(hours):
    clock = Clock()
    assert clock.skew() == datetime.timedelta(0)
    ahead = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    clock.record_date(ahead.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    assert abs(clock.skew() - datetime.timedelta(hours=hours)) < datetime.timedelta(minutes=1)


def test_the_clock_is_the_server_s_and_goes_on(monkeypatch):
    clock = Clock()
    assert clock.read() is None
    clock.record_date("no date")
    assert clock.read() is None
    passed = 100.0
    monkeypatch.setattr(transport_module.time, "monotonic", lambda: passed)
    clock.record_date("Thu, 11 Feb 2027 08:30:00 GMT")
    assert clock.read().isoformat() == "2027-02-11T08:30:00+00:00"
    passed = 190.5
    assert clock.read().isoformat() == "2027-02-11T08:31:30.500000+00:00"
    clock.record_date(None)
    assert clock.read().isoformat() == "2027-02-11T08:31:30.500000+00:00"
