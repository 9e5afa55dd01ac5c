# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections: certificates on both sides, and proxies."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import socket
import ssl
import sys

import pytest
import trustme
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
from ansible_collections.eduide.theia.plugins.module_utils._common.http.client import HttpClient, Message
from ansible_collections.eduide.theia.plugins.module_utils._common.http.connections import (
    Endpoint,
    Hints,
    Pem,
    open_pool,
    read_address,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.http.proxies import Proxy
from ansible_collections.eduide.theia.plugins.module_utils._common.http.rules import Effect
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline
from unit.loopback import Loopback, Say

OK = Say(body={"ok": True})
HINTS = Hints("is the address right?", "give its CA with ca_cert", "set tls-server-name")


def endpoint(url, **more):
    return Endpoint(url, f"the server at {url}", HINTS, {"server": url}, **more)


def send(url, *, sleep=lambda _seconds: None, **more):
    client = HttpClient(endpoint(url, **more), connections=2, sleep=sleep)
    return client.send(Message("GET", "/x", Effect.READ), Deadline(30))


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
            assert send(server.url, ca=ca).status == 200


def test_what_threads_share_is_not_written_anew_for_each_connection(authority):
    """OpenSSL would send freed memory if another thread connected at that moment."""
    serves = serving(authority, "127.0.0.1")
    serves.set_alpn_protocols(["later", "http/1.1"])
    with Loopback(lambda _seen: OK, serves) as server:
        shared = open_pool(endpoint(server.url, ca=authority_pem(authority)), 2).connection_pool_kw["ssl_context"]
        shared.set_alpn_protocols(["later"])
        with (
            socket.create_connection(("127.0.0.1", server.port)) as plain,
            shared.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            assert connection.selected_alpn_protocol() == "http/1.1"


def test_an_authority_may_itself_be_signed_by_another(authority):
    between = authority.create_child_ca()
    with Loopback(lambda _seen: OK, serving(between, "127.0.0.1")) as server:
        assert send(server.url, ca=authority_pem(between)).status == 200


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
        assert send(server.url, ca=Pem(data=ca)).status == 200


def test_a_certificate_for_another_name_is_refused_with_both_names(authority):
    waits = []
    with (
        Loopback(lambda _seen: OK, serving(authority, "api.example.org")) as server,
        pytest.raises(UntrustedCertificate, match=r"does not match: .*127\.0\.0\.1.*tls-server-name"),
    ):
        send(server.url, ca=authority_pem(authority), sleep=waits.append)
    assert waits == []


def test_the_name_in_the_certificate_can_be_given(authority):
    with Loopback(lambda _seen: OK, serving(authority, "api.example.org")) as server:
        assert send(server.url, ca=authority_pem(authority), server_name="api.example.org").status == 200


def test_a_certificate_of_an_unknown_authority_is_refused_with_the_remedy(authority):
    with (
        Loopback(lambda _seen: OK, serving(authority, "127.0.0.1")) as server,
        pytest.raises(UntrustedCertificate, match=r"is not trusted: .*ca_cert"),
    ):
        send(server.url, ca=authority_pem(trustme.CA()))


def test_an_expired_certificate_is_called_expired(authority):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with (
        Loopback(lambda _seen: OK, serving(authority, "127.0.0.1", not_after=past)) as server,
        pytest.raises(UntrustedCertificate, match="has expired"),
    ):
        send(server.url, ca=authority_pem(authority))


def test_certificates_need_not_be_checked(authority):
    with Loopback(lambda _seen: OK, serving(authority, "api.example.org")) as server:
        assert send(server.url, verify=False).status == 200


def test_a_server_without_tls_is_recognised(authority):
    with Loopback(lambda _seen: OK) as server, pytest.raises(Unreachable, match="does the server speak https there"):
        send(server.url.replace("http:", "https:"), ca=authority_pem(authority))


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
            own = {"client_cert": client_cert, "client_key": client_key}
            assert send(server.url, ca=authority_pem(authority), **own).status == 200
        with pytest.raises(Unreachable):
            send(server.url, ca=authority_pem(authority))


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        pytest.param({"ca": Pem(path="/none")}, "CA certificate from /none", id="no-authority-file"),
        pytest.param({"ca": Pem(data=b"text")}, "CA certificate from the settings of", id="damaged-authority"),
        pytest.param({"client_cert": Pem(data=b"text")}, "client certificate from the", id="damaged-certificate"),
    ],
)
def test_certificates_that_cannot_be_used_are_named(more, wanted):
    with pytest.raises(Misconfigured, match=wanted):
        send("https://127.0.0.1:1", **more)


def test_the_library_that_is_missing_is_the_one_that_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(Misconfigured, match=r"library \(urllib3\)"):
        send("https://127.0.0.1:1")


@pytest.mark.filterwarnings("ignore:SOCKS support")
def test_a_proxy_that_needs_a_library_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    with pytest.raises(Misconfigured, match="PySocks"):
        send("https://127.0.0.1:1", proxy=Proxy("socks5://proxy:1080"))


def test_requests_go_through_the_proxy_with_what_its_address_and_its_headers_say():
    proved = "Basic " + base64.b64encode("ada:p@ssö".encode()).decode()
    named, other = Proxy("", "ada", "p@ssö"), {"proxy-authorization": "Basic b3RoZXI=", "user-agent": "us/1"}
    with Loopback(lambda _seen: OK) as proxy:
        for more, wanted in (({}, proved), ({"proxy_headers": other}, other["proxy-authorization"])):
            assert send("http://api.example.org", proxy=named._replace(url=proxy.url), **more).status == 200
            assert proxy.seen[-1].path == "http://api.example.org/x"
            assert proxy.seen[-1].header("Proxy-Authorization") == wanted
    assert proxy.seen[-1].header("User-Agent") == "us/1"


def test_a_tunnel_is_asked_for_with_the_credentials_and_its_refusal_is_named():
    with Loopback(lambda _seen: Say(407)) as proxy:
        with pytest.raises(Unreachable, match=r"the proxy http://127.* status 407; it wants a user") as caught:
            send("https://api.example.org", proxy=Proxy(proxy.url, "ada", "s3cret"))
        assert proxy.seen[0].method == "CONNECT"
        assert proxy.seen[0].header("Proxy-Authorization") == "Basic " + base64.b64encode(b"ada:s3cret").decode()
    assert "s3cret" not in str(caught.value)


def test_a_proxy_that_does_not_answer_is_named_without_its_password():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = Proxy(f"http://127.0.0.1:{probe.getsockname()[1]}", "ada", "s3cret")
    with pytest.raises(Unreachable, match=r"the proxy http://127\.0\.0\.1:\d+ does not lead to") as caught:
        send("https://api.example.org", proxy=closed)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("https://api:6443/", "https://api:6443"),
        ("http://[fd00::1]:80", "http://[fd00::1]:80"),
        ("https://api.example.org/k8s/clusters/c-1/", "https://api.example.org/k8s/clusters/c-1"),
    ],
)
def test_an_address_is_taken_without_its_last_slash(address, wanted):
    assert read_address(address, "the option host") == wanted


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api:6443",
        "eyJhbGciOi.s3cret.x",
        "ftp://s3cret",
        "http://[::1",
        "http://",
        "https://api:s3cret",
        "https://api:99999",
        "https://ap i",
        "https://api\ns3cret",
        "https://api?token=s3cret",
        "https://api#s3cret",
        "https://ada:s3cret@api",
        "https://s3cret@api",
        "//s3cret",
    ],
)
def test_what_is_no_address_is_refused_without_being_shown(address):
    with pytest.raises(Misconfigured, match="the option host: ") as caught:
        read_address(address, "the option host")
    assert "s3cret" not in str(caught.value)
