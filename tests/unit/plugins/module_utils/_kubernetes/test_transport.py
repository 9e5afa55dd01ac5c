# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the Kubernetes API: what is tried again, what is not, and what a lost connection is called."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import sys
import threading
from types import SimpleNamespace

import pytest
import trustme
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Misconfigured,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import transport as _kube_http
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import Access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.connections import (
    explain_loss,
    open_pool,
    proxy_for,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kubeconfig import Pem
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import (
    BACKOFF_SECONDS,
    Clock,
    Transport,
)
from unit.loopback import Loopback, Say

TRIES = len(BACKOFF_SECONDS) + 1
READ, WRITES = "GET", ("POST", "PUT", "PATCH", "DELETE")


def access(host, **more):
    return Access(host=host, source="context 'exam' of /config", authorization=lambda: "Bearer sesame", **more)


class Sleeper:
    """Time that only passes when somebody waits."""

    def __init__(self):
        self.waits = []

    def __call__(self, seconds):
        self.waits.append(seconds)


def transport(host, *, timeout_seconds=30.0, sleep=None, **more):
    return Transport(access(host, **more), timeout_seconds=timeout_seconds, connections=4, sleep=sleep or Sleeper())


def answers(*says):
    """Each answer once, the last one for ever."""
    rest = list(says)
    return lambda _seen: rest.pop(0) if len(rest) > 1 else rest[0]


OK = Say(body={"ok": True})


@pytest.mark.parametrize("trouble", [Say(429), Say(500), Say(502), Say(503), Say(504), Say(reset=True), Say(cut=True)])
def test_a_read_is_tried_again(trouble):
    sleep = Sleeper()
    with Loopback(answers(trouble, trouble, OK)) as server:
        assert transport(server.url, sleep=sleep).request(READ, "/x").body == b'{"ok": true}'
    assert len(server.seen) == 3
    assert len(sleep.waits) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status):
    with Loopback(answers(Say(status))) as server:
        assert transport(server.url).request(READ, "/x").status == status
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_reading_ends_after_a_bounded_number_of_tries(status):
    with Loopback(answers(Say(status))) as server:
        assert transport(server.url).request(READ, "/x").status == status
    assert len(server.seen) == TRIES


def test_a_broken_connection_is_an_error_after_the_last_try():
    with Loopback(answers(Say(reset=True))) as server, pytest.raises(Unreachable, match="broke") as caught:
        transport(server.url).request(READ, "/x")
    assert len(server.seen) == TRIES
    assert "applied" not in caught.value.details


def test_the_server_names_the_wait():
    sleep = Sleeper()
    with Loopback(answers(Say(429, headers={"Retry-After": "7"}), OK)) as server:
        transport(server.url, sleep=sleep).request(READ, "/x")
    assert sleep.waits == [7.0]


def test_a_wait_beyond_the_time_out_is_not_begun():
    sleep = Sleeper()
    with Loopback(answers(Say(503, headers={"Retry-After": "120"}))) as server:
        assert transport(server.url, sleep=sleep).request(READ, "/x").status == 503
    assert sleep.waits == []


def test_what_is_optional_is_asked_for_once():
    with Loopback(answers(Say(503))) as server:
        assert transport(server.url).request(READ, "/x", patient=False).status == 503
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("trouble", [Say(500), Say(502), Say(503), Say(504)])
def test_a_write_that_may_have_happened_is_not_sent_again(method, trouble):
    with Loopback(answers(trouble, OK)) as server:
        assert transport(server.url).request(method, "/x", body=b"{}").status == trouble.status
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("trouble", [Say(reset=True), Say(cut=True)])
def test_a_write_without_an_answer_says_that_nobody_knows(method, trouble):
    with Loopback(answers(trouble, OK)) as server, pytest.raises(Unreachable) as caught:
        transport(server.url).request(method, "/x", body=b"{}")
    assert caught.value.details["applied"] == "unknown"
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", WRITES)
def test_a_write_that_was_turned_away_at_the_door_is_sent_again(method):
    with Loopback(answers(Say(429), OK)) as server:
        assert transport(server.url).request(method, "/x", body=b'{"a": 1}').status == 200
    assert [seen.body for seen in server.seen] == [{"a": 1}, {"a": 1}]


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("method", [READ, *WRITES])
def test_a_refused_connection_is_tried_again_and_named(method):
    sleep = Sleeper()
    host = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable, match=r"cannot connect to .*context 'exam'.*Connection refused") as caught:
        transport(host, sleep=sleep).request(method, "/x")
    assert len(sleep.waits) == TRIES - 1
    assert caught.value.details.get("applied") == (None if method == READ else "no")


def test_an_unknown_host_name_is_said_at_once():
    sleep = Sleeper()
    with pytest.raises(Unreachable, match=r"host name .* is not known"):
        transport("https://api.invalid:6443", sleep=sleep).request(READ, "/x")
    assert sleep.waits == []


def test_a_silent_server_is_a_time_out_that_names_the_option():
    with Loopback(answers(Say(hang=True))) as server, pytest.raises(Unreachable, match=r"0.2 s.*timeout_seconds"):
        transport(server.url, timeout_seconds=0.2).request(READ, "/x")


class SlowPool:
    """Answers 503 after twelve seconds of a clock that is moved here."""

    def __init__(self, clock):
        self.clock = clock
        self.allowed = []

    def request(self, *_arguments, timeout, **_options):
        self.allowed.append(timeout.read_timeout)
        self.clock[0] += 12.0
        return SimpleNamespace(status=503, headers={}, data=b"")


def test_tries_and_waits_together_stay_within_the_time_out(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(_kube_http, "Deadline", lambda seconds: Deadline(seconds, clock=lambda: clock[0]))
    asker = transport("http://127.0.0.1:1", timeout_seconds=30.0)
    asker._pool = SlowPool(clock)
    assert asker.request(READ, "/x").status == 503
    assert asker._pool.allowed == [30.0, 18.0, 6.0]


def test_a_connection_that_nobody_answers_is_told_from_one_that_is_refused():
    exc = urllib3.exceptions.ConnectTimeoutError(None, "connect timeout=10")
    lost = explain_loss(exc, access("https://api:6443"), 30)
    assert "no connection to the Kubernetes API at https://api:6443" in str(lost.error)
    assert "within 10 s" in str(lost.error)
    assert not lost.sent


def test_connections_are_kept_and_shared():
    with Loopback(lambda _seen: OK) as server:
        shared = transport(server.url)
        for _round in range(5):
            shared.request(READ, "/x")
        assert server.connections == 1
        barrier = threading.Barrier(3)

        def read():
            barrier.wait()
            for _round in range(5):
                shared.request(READ, "/x")

        threads = [threading.Thread(target=read) for _thread in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections <= 4
    assert len(server.seen) == 20


def test_each_request_says_who_asks():
    tokens = iter(["Bearer first", "Bearer second"])
    headers = (("Impersonate-User", "ada"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"))
    with Loopback(lambda _seen: OK) as server:
        asker = Transport(
            access(server.url, headers=headers)._replace(authorization=lambda: next(tokens)),
            timeout_seconds=5,
            connections=1,
        )
        asker.request(READ, "/x")
        asker.request("PATCH", "/x", body=b"{}", content_type="application/merge-patch+json")
    first, second = server.seen
    assert (first.header("Authorization"), second.header("Authorization")) == ("Bearer first", "Bearer second")
    assert second.header("Content-Type") == "application/merge-patch+json"
    assert second.headers["impersonate-group"] == ["a", "b"]
    assert first.header("User-Agent") == "eduide.theia"


def test_a_redirect_is_not_followed_with_our_credentials():
    with Loopback(answers(Say(302, headers={"Location": "/login"}))) as server:
        assert transport(server.url).request(READ, "/x").status == 302
    assert [seen.path for seen in server.seen] == ["/x"]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def serving(authority, *names, **more):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


def authority_pem(authority):
    return Pem(data=authority.cert_pem.bytes())


def test_a_certificate_of_the_given_authority_is_accepted(authority, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    with Loopback(lambda _seen: OK, serving(authority, "127.0.0.1")) as server:
        for ca in (authority_pem(authority), Pem(path=str(tmp_path / "ca.crt"))):
            assert transport(server.url, ca=ca).request(READ, "/x").status == 200


def test_what_threads_share_is_not_written_anew_for_each_connection(authority):
    """OpenSSL would send freed memory if another thread connected at that moment."""
    serves = serving(authority, "127.0.0.1")
    serves.set_alpn_protocols(["later", "http/1.1"])
    with Loopback(lambda _seen: OK, serves) as server:
        shared = open_pool(access(server.url, ca=authority_pem(authority)), 2).connection_pool_kw["ssl_context"]
        shared.set_alpn_protocols(["later"])
        with (
            socket.create_connection(("127.0.0.1", server.port)) as plain,
            shared.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            assert connection.selected_alpn_protocol() == "http/1.1"


def test_an_authority_may_itself_be_signed_by_another(authority):
    between = authority.create_child_ca()
    with Loopback(lambda _seen: OK, serving(between, "127.0.0.1")) as server:
        assert transport(server.url, ca=authority_pem(between)).request(READ, "/x").status == 200


def plain_authority(folder):
    """An authority as old tools make them, without the key identifiers that newer rules want."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _who in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, who)]) for who in ("authority", "server")]
    now = datetime.datetime.now(datetime.UTC)

    def certificate(who, *extensions):
        builder = x509.CertificateBuilder(names[0], names[who], keys[who].public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM)

    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    key = keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(certificate(1, address) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return certificate(0, x509.BasicConstraints(ca=True, path_length=None)), context


def test_an_authority_that_other_clients_accept_is_accepted(tmp_path):
    ca, context = plain_authority(tmp_path)
    with Loopback(lambda _seen: OK, context) as server:
        assert transport(server.url, ca=Pem(data=ca)).request(READ, "/x").status == 200


def test_a_certificate_for_another_name_is_refused_with_both_names(authority):
    sleep = Sleeper()
    with (
        Loopback(lambda _seen: OK, serving(authority, "api.example.org")) as server,
        pytest.raises(UntrustedCertificate, match=r"does not match: .*127\.0\.0\.1.*tls-server-name"),
    ):
        transport(server.url, ca=authority_pem(authority), sleep=sleep).request(READ, "/x")
    assert sleep.waits == []


def test_the_name_in_the_certificate_can_be_given(authority):
    with Loopback(lambda _seen: OK, serving(authority, "api.example.org")) as server:
        asker = transport(server.url, ca=authority_pem(authority), server_name="api.example.org")
        assert asker.request(READ, "/x").status == 200


def test_a_certificate_of_an_unknown_authority_is_refused_with_the_remedy(authority):
    with (
        Loopback(lambda _seen: OK, serving(authority, "127.0.0.1")) as server,
        pytest.raises(UntrustedCertificate, match=r"is not trusted: .*ca_cert"),
    ):
        transport(server.url, ca=authority_pem(trustme.CA())).request(READ, "/x")


def test_an_expired_certificate_is_called_expired(authority):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with (
        Loopback(lambda _seen: OK, serving(authority, "127.0.0.1", not_after=past)) as server,
        pytest.raises(UntrustedCertificate, match="has expired"),
    ):
        transport(server.url, ca=authority_pem(authority)).request(READ, "/x")


def test_certificates_need_not_be_checked(authority):
    with Loopback(lambda _seen: OK, serving(authority, "api.example.org")) as server:
        assert transport(server.url, verify=False).request(READ, "/x").status == 200


def test_a_server_without_tls_is_recognised(authority):
    with Loopback(lambda _seen: OK) as server, pytest.raises(Unreachable, match="does the server speak https there"):
        transport(server.url.replace("http:", "https:"), ca=authority_pem(authority)).request(READ, "/x")


def test_a_client_certificate_is_shown(authority, tmp_path):
    context = serving(authority, "127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    mine = authority.issue_cert("ada@example.org")
    cert, key = mine.cert_chain_pems[0].bytes(), mine.private_key_pem.bytes()
    (tmp_path / "crt").write_bytes(cert)
    (tmp_path / "key").write_bytes(key)
    ways = [(Pem(data=cert), Pem(data=key)), (Pem(path=str(tmp_path / "crt")), Pem(path=str(tmp_path / "key")))]
    with Loopback(lambda _seen: OK, context) as server:
        for client_cert, client_key in ways:
            asker = transport(server.url, ca=authority_pem(authority), client_cert=client_cert, client_key=client_key)
            assert asker.request(READ, "/x").status == 200
        with pytest.raises(Unreachable):
            transport(server.url, ca=authority_pem(authority)).request(READ, "/x")


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        pytest.param({"ca": Pem(path="/none")}, "CA certificate from /none", id="no-authority-file"),
        pytest.param({"ca": Pem(data=b"text")}, "CA certificate from context 'exam'", id="damaged-authority"),
        pytest.param({"client_cert": Pem(data=b"text")}, "client certificate from context", id="damaged-certificate"),
    ],
)
def test_certificates_that_cannot_be_used_are_named(more, wanted):
    with pytest.raises(Misconfigured, match=wanted):
        transport("https://127.0.0.1:1", **more)


@pytest.mark.filterwarnings("ignore:SOCKS support")
def test_a_proxy_that_needs_a_library_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    with pytest.raises(Misconfigured, match="PySocks"):
        transport("https://127.0.0.1:1", proxy="socks5://proxy:1080")


PROXY = "http://ada:secret@proxy.example.org:3128"


@pytest.mark.parametrize(
    ("host", "more", "environment", "wanted"),
    [
        pytest.param("https://api", {}, {}, None, id="none"),
        pytest.param("https://api", {"proxy": PROXY}, {}, PROXY, id="option"),
        pytest.param("https://api", {}, {"HTTPS_PROXY": "proxy:1"}, "http://proxy:1", id="environment"),
        pytest.param("http://api", {}, {"HTTPS_PROXY": "proxy:1"}, None, id="environment-other-scheme"),
        pytest.param("https://api", {"proxy": PROXY}, {"https_proxy": "proxy:1"}, PROXY, id="option-first"),
        pytest.param("https://a.b.org", {"proxy": PROXY, "no_proxy": ".b.org"}, {}, None, id="domain"),
        pytest.param("https://ab.org", {"proxy": PROXY, "no_proxy": "b.org"}, {}, PROXY, id="not-the-domain"),
        pytest.param("https://10.1.2.3", {"proxy": PROXY, "no_proxy": "10.0.0.0/8"}, {}, None, id="network"),
        pytest.param("https://[fd00::1]:6443", {"proxy": PROXY}, {"NO_PROXY": "fd00::/8"}, None, id="network-6"),
        pytest.param("https://api", {"proxy": PROXY, "no_proxy": "*"}, {}, None, id="all"),
    ],
)
def test_the_proxy_is_the_one_that_is_meant(host, more, environment, wanted):
    assert proxy_for(access(host, **more), environment) == wanted


def test_requests_go_through_the_proxy_with_its_headers():
    with Loopback(lambda _seen: OK) as proxy:
        named = proxy.url.replace("http://", "http://ada:secret@")
        asker = transport("http://api.example.org", proxy=named, proxy_headers={"proxy_basic_auth": "ada:pass"})
        assert asker.request(READ, "/x").status == 200
    assert proxy.seen[0].path == "http://api.example.org/x"
    assert proxy.seen[0].header("Proxy-Authorization").startswith("Basic ")


def test_a_proxy_that_does_not_answer_is_named_without_its_password():
    named = f"http://ada:secret@127.0.0.1:{closed_port()}"
    with pytest.raises(Unreachable, match=r"the proxy 127\.0\.0\.1:\d+ does not lead to") as caught:
        transport("https://api.example.org", proxy=named).request(READ, "/x")
    assert "secret" not in str(caught.value)


def test_the_clock_is_the_server_s_and_goes_on(monkeypatch):
    clock = Clock()
    assert clock.read() is None
    clock.heard("no date")
    assert clock.read() is None
    passed = 100.0
    monkeypatch.setattr(_kube_http.time, "monotonic", lambda: passed)
    clock.heard("Thu, 11 Feb 2027 08:30:00 GMT")
    assert clock.read().isoformat() == "2027-02-11T08:30:00+00:00"
    passed = 190.5
    assert clock.read().isoformat() == "2027-02-11T08:31:30.500000+00:00"
    clock.heard(None)
    assert clock.read().isoformat() == "2027-02-11T08:31:30.500000+00:00"
