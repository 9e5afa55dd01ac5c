# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault proxy, before a small server on loopback that answers like an API server."""

from __future__ import annotations

import asyncio
import email.utils
import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
import typing as t
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from aiohttp import web

from lab.certificates import Authority, Pair
from lab.faults import (
    Cut,
    Hold,
    Kill,
    Reset,
    Rewrite,
    Rule,
    ShiftedDate,
    Slow,
    Status,
    expired_continue_token,
)
from lab.proxy import FaultProxy, verb_of

PODS = "/api/v1/namespaces/exam/pods"
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
# Long enough never to be the reason on a busy machine, short enough for a test that fails.
PATIENCE_SECONDS = 20


class Upstream:
    """Answers with the method and two items; a watch gets the events that the test emits."""

    def __init__(self, certificate: Pair) -> None:
        self.requests: list[tuple[str, str, str]] = []
        self.headers: list[t.Mapping[str, str]] = []
        self.asked_at = 0.0
        self.url = ""
        self.watch_ended = threading.Event()
        self._events: asyncio.Queue[bytes] = asyncio.Queue()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate.certificate, certificate.key)

    def emit(self, event: bytes) -> None:
        self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    def run(self, ready: Future[str]) -> None:
        asyncio.run(self._serve(ready))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _serve(self, ready: Future[str]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context).start()
        ready.set_result(f"https://127.0.0.1:{runner.addresses[0][1]}")
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.raw_path, await request.text()))
        self.headers.append(request.headers)
        self.asked_at = time.monotonic()
        if "watch" in request.query:
            return await self._watch(request)
        body = {"method": request.method, "items": [{"name": "a"}, {"name": "b"}]}
        return web.json_response(body, headers={"Date": DATE})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(await self._events.get())
        finally:
            self.watch_ended.set()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def upstream(authority: Authority) -> t.Iterator[Upstream]:
    upstream = Upstream(authority.server("upstream"))
    ready: Future[str] = Future()
    thread = threading.Thread(target=upstream.run, args=(ready,))
    thread.start()
    upstream.url = ready.result()
    yield upstream
    upstream.stop()
    thread.join()


@pytest.fixture
def proxy(upstream: Upstream, authority: Authority) -> t.Iterator[FaultProxy]:
    with FaultProxy(upstream.url, upstream_ca=authority.file, certificate=authority.server("proxy")) as proxy:
        yield proxy


class Client:
    """One connection through the proxy."""

    def __init__(self, proxy: FaultProxy, authority: Authority) -> None:
        context = ssl.create_default_context(cafile=authority.file)
        address = urlsplit(proxy.url)
        assert address.hostname is not None
        self.connection = http.client.HTTPSConnection(
            address.hostname, address.port, context=context, timeout=PATIENCE_SECONDS
        )

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> http.client.HTTPResponse:
        self.connection.request(method, path, body=body, headers=headers)
        return self.connection.getresponse()

    def json(self, method: str, path: str) -> t.Any:
        return json.loads(self.ask(method, path).read())


@pytest.fixture
def client(proxy: FaultProxy, authority: Authority) -> t.Iterator[Client]:
    client = Client(proxy, authority)
    yield client
    client.connection.close()


@pytest.mark.parametrize(
    ("method", "path", "query", "verb"),
    [
        pytest.param("GET", PODS, {}, "list", id="list"),
        pytest.param("GET", f"{PODS}/a", {}, "get", id="get"),
        pytest.param("GET", f"{PODS}/a/log", {}, "get", id="subresource"),
        pytest.param("GET", PODS, {"watch": "1"}, "watch", id="watch"),
        pytest.param("GET", "/api/v1/nodes", {}, "list", id="cluster-list"),
        pytest.param("GET", "/api/v1/namespaces", {}, "list", id="namespaces"),
        pytest.param("GET", "/api/v1/namespaces/exam", {}, "get", id="namespace"),
        pytest.param("PATCH", "/api/v1/namespaces/exam/status", {}, "patch", id="namespace-status"),
        pytest.param("GET", "/apis/theia.cloud/v1beta11/namespaces/exam/appdefinitions", {}, "list", id="custom"),
        pytest.param("POST", PODS, {}, "create", id="create"),
        pytest.param("PUT", f"{PODS}/a", {}, "update", id="update"),
        pytest.param("DELETE", f"{PODS}/a", {}, "delete", id="delete"),
        pytest.param("DELETE", PODS, {}, "deletecollection", id="deletecollection"),
        pytest.param("GET", "/version", {}, "get", id="no-resource"),
        pytest.param("POST", "/service/session", {}, "post", id="another-server"),
    ],
)
def test_verbs_are_those_of_kubernetes(method: str, path: str, query: dict[str, str], verb: str) -> None:
    assert verb_of(method, path, query) == verb


def test_without_rules_everything_passes_unchanged(proxy: FaultProxy, upstream: Upstream, client: Client) -> None:
    answer = client.ask(
        "PATCH", f"{PODS}/a%2Fb%7E?dryRun=All&x=%20", '{"x": 1}', Authorization="Bearer secret", Cookie="c"
    )
    assert (answer.status, answer.headers["Date"]) == (200, DATE)
    assert json.loads(answer.read())["method"] == "PATCH"
    assert upstream.requests == [("PATCH", f"{PODS}/a%2Fb%7E?dryRun=All&x=%20", '{"x": 1}')]
    assert upstream.headers[0]["Authorization"] == "Bearer secret"
    assert client.ask("HEAD", PODS).read() == b""
    (seen, _head) = proxy.requests
    assert (seen.verb, seen.target, seen.body, seen.status) == ("patch", upstream.requests[0][1], b'{"x": 1}', 200)
    assert "secret" not in repr(seen)


def test_status_answers_in_the_servers_place(proxy: FaultProxy, upstream: Upstream, client: Client) -> None:
    proxy.add(Rule(Status(409, message="changed meanwhile"), verb="patch", path="/pods/a$"))
    answer = client.ask("PATCH", f"{PODS}/a", "{}")
    status = json.loads(answer.read())
    assert (answer.status, status["kind"], status["reason"], status["code"]) == (409, "Status", "Conflict", 409)
    assert status["message"] == "changed meanwhile"
    assert client.ask("PATCH", f"{PODS}/ab", "{}").status == 200
    assert upstream.requests == [("PATCH", f"{PODS}/ab", "{}")]
    assert [seen.status for seen in proxy.requests] == [409, 200]


def test_status_may_have_headers_and_a_body_of_another_server(proxy: FaultProxy, client: Client) -> None:
    proxy.add(Rule(Status(429, headers={"Retry-After": "1"}, body={"error": "busy"})))
    answer = client.ask("POST", "/service/session", "{}")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert json.loads(answer.read()) == {"error": "busy"}


def test_rule_hits_as_often_as_it_says_after_as_many_as_it_says(proxy: FaultProxy, client: Client) -> None:
    rule = Rule(Status(503), verb="get", path="/pods/a", skip=1, count=2)
    proxy.add(rule)
    codes = []
    for path in (f"{PODS}/a", f"{PODS}/b", f"{PODS}/a", f"{PODS}/a", f"{PODS}/a"):
        answer = client.ask("GET", path)
        answer.read()
        codes.append(answer.status)
    assert codes == [200, 200, 503, 503, 200]
    assert rule.hits == 2
    assert [seen.faults for seen in proxy.requests] == [(), (), ("Status",), ("Status",), ()]


def test_cleared_rules_hit_nothing(proxy: FaultProxy, client: Client) -> None:
    proxy.add(Rule(Status(503)))
    proxy.clear()
    assert client.ask("GET", PODS).status == 200


@pytest.mark.parametrize("delivered", [False, True])
def test_reset_comes_before_or_after_the_server_has_worked(
    proxy: FaultProxy, upstream: Upstream, client: Client, delivered: bool
) -> None:
    proxy.add(Rule(Reset(delivered=delivered), verb="delete", count=1))
    with pytest.raises(ConnectionResetError) as caught:
        client.ask("DELETE", f"{PODS}/a")
    assert not isinstance(caught.value, http.client.RemoteDisconnected), "a reset, not an end of file"
    assert [method for method, _path, _body in upstream.requests] == (["DELETE"] if delivered else [])
    assert proxy.requests[0].status is None


def test_expired_continue_token_hits_the_second_page_only(proxy: FaultProxy, client: Client) -> None:
    proxy.add(expired_continue_token("/pods"))
    assert client.json("GET", f"{PODS}?limit=2&continue=")["method"] == "GET"
    status = client.json("GET", f"{PODS}?limit=2&continue=abc")
    assert (status["code"], status["reason"]) == (410, "Expired")


def test_date_is_shifted(proxy: FaultProxy, client: Client) -> None:
    proxy.add(Rule(ShiftedDate(-3600)))
    shifted = email.utils.parsedate_to_datetime(client.ask("GET", PODS).headers["Date"])
    assert (email.utils.parsedate_to_datetime(DATE) - shifted).total_seconds() == 3600


def test_slow_answer_comes_after_the_server_has_worked(proxy: FaultProxy, upstream: Upstream, client: Client) -> None:
    proxy.add(Rule(Slow(0.2)))
    client.ask("PATCH", f"{PODS}/a", "{}")
    assert time.monotonic() - upstream.asked_at >= 0.2


@pytest.mark.parametrize("after_bytes", [0, 7, 10_000])
def test_answer_is_cut(proxy: FaultProxy, client: Client, after_bytes: int) -> None:
    whole = client.ask("GET", PODS).read()
    proxy.add(Rule(Cut(after_bytes)))
    answer = client.ask("GET", PODS)
    assert answer.status == 200
    with pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert caught.value.partial == whole[: min(after_bytes, len(whole) - 1)]


def test_watch_is_cut_between_its_events(proxy: FaultProxy, upstream: Upstream, client: Client) -> None:
    proxy.add(Rule(Cut(12), verb="watch"))
    upstream.emit(b'{"first":1}\n')
    upstream.emit(b'{"second":1}\n')
    answer = client.ask("GET", f"{PODS}?watch=1")
    assert answer.readline() == b'{"first":1}\n'
    with pytest.raises(http.client.IncompleteRead):
        answer.read()


def test_events_of_a_watch_arrive_one_by_one(proxy: FaultProxy, upstream: Upstream, client: Client) -> None:
    answer = client.ask("GET", f"{PODS}?watch=1")
    for number in range(3):
        event = b'{"number":%d}\n' % number
        # The next one is only sent when this one has arrived: a buffer in between would stop the test here.
        upstream.emit(event)
        assert answer.readline() == event
    assert proxy.requests[0].verb == "watch"


def test_watch_ends_on_the_server_when_its_client_is_gone(
    proxy: FaultProxy, upstream: Upstream, client: Client
) -> None:
    client.ask("GET", f"{PODS}?watch=1").close()
    client.connection.close()
    assert upstream.watch_ended.wait(PATIENCE_SECONDS)
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("delivered", [False, True])
def test_request_is_held_until_the_test_lets_it_go(
    proxy: FaultProxy, upstream: Upstream, client: Client, delivered: bool
) -> None:
    hold = Hold(delivered=delivered)
    proxy.add(Rule(hold))
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(client.ask("GET", PODS).status))
    thread.start()
    assert hold.arrived.wait(PATIENCE_SECONDS)
    assert (len(upstream.requests), answers) == (int(delivered), [])
    hold.release.set()
    thread.join(PATIENCE_SECONDS)
    assert (len(upstream.requests), answers) == (1, [200])


def test_something_happens_while_a_request_is_held(
    proxy: FaultProxy, upstream: Upstream, client: Client, authority: Authority
) -> None:
    other = Client(proxy, authority)

    def meanwhile() -> None:
        other.ask("DELETE", f"{PODS}/a").read()
        other.connection.close()

    proxy.add(Rule(Hold(meanwhile=meanwhile), verb="patch"))
    client.ask("PATCH", f"{PODS}/a", "{}")
    assert [method for method, _path, _body in upstream.requests] == ["DELETE", "PATCH"]


def test_proxy_ends_although_a_request_is_held(upstream: Upstream, authority: Authority) -> None:
    hold = Hold()
    with FaultProxy(upstream.url, upstream_ca=authority.file, certificate=authority.server("proxy")) as proxy:
        proxy.add(Rule(hold))
        client = Client(proxy, authority)
        client.connection.request("GET", PODS)
        assert hold.arrived.wait(PATIENCE_SECONDS)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.connection.getresponse()
    client.connection.close()


def test_json_of_an_answer_is_rewritten(proxy: FaultProxy, upstream: Upstream, client: Client) -> None:
    def without_first(body: t.Any) -> t.Any:
        return {**body, "items": body["items"][1:]}

    proxy.add(Rule(Rewrite(without_first), verb="list"))
    answer = client.ask("GET", PODS, **{"Accept": "application/vnd.kubernetes.protobuf", "Accept-Encoding": "gzip"})
    assert json.loads(answer.read())["items"] == [{"name": "b"}]
    assert upstream.headers[0]["Accept"] == "application/json"
    assert "Accept-Encoding" not in upstream.headers[0]


def test_fault_that_fails_fails_the_test(upstream: Upstream, authority: Authority) -> None:
    def broken(_body: t.Any) -> t.Any:
        raise KeyError("no such field")

    def use() -> None:
        with FaultProxy(upstream.url, upstream_ca=authority.file, certificate=authority.server("proxy")) as proxy:
            proxy.add(Rule(Rewrite(broken)))
            client = Client(proxy, authority)
            with pytest.raises(ConnectionResetError):
                client.ask("GET", PODS)
            client.connection.close()

    with pytest.raises(KeyError, match="no such field"):
        use()


@pytest.mark.parametrize("delivered", [False, True])
def test_client_is_killed_at_its_third_request(
    proxy: FaultProxy, upstream: Upstream, authority: Authority, delivered: bool
) -> None:
    script = f"""
import ssl, urllib.request
context = ssl.create_default_context(cafile={str(authority.file)!r})
for name in "abcde":
    urllib.request.urlopen({proxy.url + PODS!r} + "/" + name, context=context).read()
"""
    proxy.add(Rule(Kill(lambda: process.pid, delivered=delivered), skip=2))
    process = subprocess.Popen([sys.executable, "-c", script])
    assert process.wait(PATIENCE_SECONDS) == -9
    assert len(upstream.requests) == (3 if delivered else 2)
    assert [seen.target[-1] for seen in proxy.requests] == ["a", "b", "c"]


def test_absent_server_is_no_answer_either(authority: Authority) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{closed.getsockname()[1]}"
        with FaultProxy(url, upstream_ca=authority.file, certificate=authority.server("proxy")) as proxy:
            client = Client(proxy, authority)
            with pytest.raises(ConnectionResetError):
                client.ask("GET", PODS)
            client.connection.close()


def test_server_with_a_certificate_of_somebody_else_is_not_spoken_to(
    upstream: Upstream, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path)
    with FaultProxy(upstream.url, upstream_ca=stranger.file, certificate=authority.server("proxy")) as proxy:
        client = Client(proxy, authority)
        with pytest.raises(ConnectionResetError):
            client.ask("GET", PODS, Authorization="Bearer secret")
        client.connection.close()
    assert upstream.requests == []


def test_proxy_may_speak_plain_http_to_its_clients(upstream: Upstream, authority: Authority) -> None:
    with FaultProxy(upstream.url, upstream_ca=authority.file) as proxy:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(proxy.url).port or 0, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/service")
        assert connection.getresponse().status == 200
        connection.close()


def test_kubeconfig_leads_through_the_proxy(proxy: FaultProxy, authority: Authority, tmp_path: Path) -> None:
    config = yaml.safe_load(proxy.write_kubeconfig(tmp_path / "config", "secret", "exam").read_text())
    assert config["clusters"][0]["cluster"] == {"server": proxy.url, "certificate-authority": str(authority.file)}
    assert config["users"][0]["user"] == {"token": "secret"}
    assert (tmp_path / "config").stat().st_mode & 0o077 == 0
