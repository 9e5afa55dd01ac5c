# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request: what is tried again, what is not, and what is then known of a write."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    EduideError,
    ServerFailed,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.http.client import (
    BACKOFF_SECONDS,
    HttpClient,
    Message,
    parse_date,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.http.connections import Endpoint, Hints
from ansible_collections.eduide.theia.plugins.module_utils._common.http.rules import Effect
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline
from unit.loopback import Loopback, Raw, Say

TRIES = len(BACKOFF_SECONDS) + 1
METHODS = {
    Effect.READ: "GET",
    Effect.GUARDED_WRITE: "PUT",
    Effect.UNGUARDED_WRITE: "POST",
    Effect.DELETE_BY_UID: "DELETE",
}
HINTS = Hints("is the address right?", "give its CA", "use its name")


def endpoint(url, **more):
    return Endpoint(url, f"the server at {url}", HINTS, {"server": url}, **more)


class Sleeper:
    """Time that only passes when somebody waits."""

    def __init__(self):
        self.waits = []

    def __call__(self, seconds):
        self.waits.append(seconds)


def client(url, *, sleep=None, connections=4, **more):
    return HttpClient(endpoint(url, **more), connections=connections, sleep=sleep or Sleeper())


def send(url, effect=Effect.READ, *, seconds=30.0, sleep=None, patient=True, **more):
    body = b'{"a": 1}' if effect is not Effect.READ else None
    message = Message(METHODS[effect], "/x", effect, [("Authorization", "Bearer sesame")], body)
    return client(url, sleep=sleep, **more).send(message, Deadline(seconds), patient=patient)


def answers(*says):
    """Each answer once, the last one for ever."""
    rest = list(says)
    return lambda _seen: rest.pop(0) if len(rest) > 1 else rest[0]


OK = Say(body={"ok": True})


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# What comes back; how often a read, a guarded write, an unguarded write and a delete by uid ask for it; and, where that
# is an error, what is known of these writes in the end.
MANY, ONCE = TRIES, 1
RULES = {
    "reset": (Say(reset=True), (MANY, ONCE, ONCE, MANY), "unknown"),
    "cut": (Say(cut=True), (MANY, ONCE, ONCE, MANY), "unknown"),
    "garbled": (b"hello\r\n\r\n", (MANY, ONCE, ONCE, MANY), "unknown"),
    "endless head": (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200, (MANY, ONCE, ONCE, MANY), "unknown"),
    "cut chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
        (MANY, ONCE, ONCE, MANY),
        "unknown",
    ),
    "compressed badly": (
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        (MANY, ONCE, ONCE, MANY),
        "unknown",
    ),
    "408": (Say(408), (MANY, MANY, MANY, MANY), None),
    "425": (Say(425), (MANY, MANY, MANY, MANY), None),
    "429": (Say(429), (MANY, MANY, MANY, MANY), None),
    "500": (Say(500), (MANY, ONCE, ONCE, MANY), None),
    "502": (Say(502), (MANY, ONCE, ONCE, MANY), None),
    "503": (Say(503), (MANY, ONCE, ONCE, MANY), None),
    "504": (Say(504), (MANY, ONCE, ONCE, MANY), None),
    "501": (Say(501), (ONCE, ONCE, ONCE, ONCE), None),
    "521": (Say(521), (ONCE, ONCE, ONCE, ONCE), None),
    "400": (Say(400), (ONCE, ONCE, ONCE, ONCE), None),
    "401": (Say(401), (ONCE, ONCE, ONCE, ONCE), None),
    "403": (Say(403), (ONCE, ONCE, ONCE, ONCE), None),
    "404": (Say(404), (ONCE, ONCE, ONCE, ONCE), None),
    "409": (Say(409), (ONCE, ONCE, ONCE, ONCE), None),
    "410": (Say(410), (ONCE, ONCE, ONCE, ONCE), None),
    "422": (Say(422), (ONCE, ONCE, ONCE, ONCE), None),
    "redirect": (Say(302, headers={"Location": "/login"}), (ONCE, ONCE, ONCE, ONCE), None),
    "page": (Say(200, "<html>", content_type="text/html"), (ONCE, ONCE, ONCE, ONCE), None),
}


@pytest.mark.parametrize("column", range(4), ids=[effect.name.lower() for effect in METHODS])
@pytest.mark.parametrize("fault", RULES)
def test_one_rule_says_what_is_sent_again_and_what_is_known_then(fault, column):
    what, tries, applied = RULES[fault]
    effect = list(METHODS)[column]
    server = Raw(lambda connection, _number: connection.sendall(what)) if isinstance(what, bytes) else None
    with server or Loopback(lambda _seen: what) as server:
        if applied:
            with pytest.raises(EduideError) as caught:
                send(server.url, effect)
            assert caught.value.details.get("applied") == (None if effect is Effect.READ else applied)
        else:
            assert send(server.url, effect).status == what.status
        assert len(server.seen) == tries[column]


@pytest.mark.parametrize("effect", METHODS)
def test_what_could_not_be_sent_is_sent_again(effect):
    sleep = Sleeper()
    with pytest.raises(Unreachable, match=r"cannot connect to .*: connection refused; is it running") as caught:
        send(f"http://127.0.0.1:{closed_port()}", effect, sleep=sleep)
    assert len(sleep.waits) == TRIES - 1
    assert caught.value.details.get("applied") == (None if effect is Effect.READ else "no")


@pytest.mark.parametrize("effect", METHODS)
def test_an_answer_after_a_passing_failure_is_the_answer(effect):
    sleep = Sleeper()
    with Loopback(answers(Say(429), Say(429), OK)) as server:
        assert send(server.url, effect, sleep=sleep).body == b'{"ok": true}'
    assert len(sleep.waits) == 2
    assert {str(seen.body) for seen in server.seen} == {"None" if effect is Effect.READ else "{'a': 1}"}


def test_an_unknown_host_name_is_said_at_once():
    sleep = Sleeper()
    with pytest.raises(Unreachable, match=r"host name of .* is not known; is the address right\?"):
        send("https://api.invalid:6443", sleep=sleep)
    assert sleep.waits == []


@pytest.mark.parametrize(
    ("asked", "date", "wait"),
    [
        ("7", None, 7.0),
        (" 7 ", None, 7.0),
        ("Thu, 11 Feb 2027 08:30:09 GMT", "Thu, 11 Feb 2027 08:30:00 GMT", 9.0),
    ],
)
def test_the_server_names_the_wait(asked, date, wait):
    sleep = Sleeper()
    headers = {"Retry-After": asked, **({"Date": date} if date else {})}
    with Loopback(answers(Say(429, headers=headers), OK)) as server:
        send(server.url, sleep=sleep)
    assert sleep.waits == [wait]


@pytest.mark.parametrize("asked", ["0", "-5", "²", "soon", "1e3", "", "Thu, 11 Feb 2027", "9" * 400, "7.5"])
def test_a_wait_that_makes_no_sense_is_the_usual_one(asked):
    sleep = Sleeper()
    with Loopback(answers(Say(429, headers={"Retry-After": asked}), OK)) as server:
        assert send(server.url, sleep=sleep).status == 200
    assert sleep.waits[0] == pytest.approx(BACKOFF_SECONDS[0], rel=0.2)


@pytest.mark.parametrize("asked", ["120", "999999999"])
def test_a_wait_beyond_the_time_out_is_not_begun(asked):
    sleep = Sleeper()
    with Loopback(answers(Say(503, headers={"Retry-After": asked}))) as server:
        assert send(server.url, sleep=sleep).status == 503
    assert sleep.waits == []


def test_what_is_optional_is_asked_for_once():
    with Loopback(answers(Say(503))) as server:
        assert send(server.url, patient=False).status == 503
    assert len(server.seen) == 1


class SlowPool:
    """Answers 503 after twelve seconds of a clock that is moved here."""

    def __init__(self, clock):
        self.clock = clock
        self.allowed = []

    def request(self, *_arguments, timeout, **_options):
        self.allowed.append(timeout.total)
        self.clock[0] += 12.0
        return SimpleNamespace(
            status=503, headers={}, read=lambda _most: b"", release_conn=lambda: None, close=lambda: None
        )


def test_tries_and_waits_together_stay_within_the_time_out():
    clock = [100.0]
    asker = client("http://127.0.0.1:1")
    asker._pool = SlowPool(clock)
    deadline = Deadline(30.0, clock=lambda: clock[0])
    assert asker.send(Message("GET", "/x", Effect.READ), deadline).status == 503
    assert asker._pool.allowed == [30.0, 18.0, 6.0]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 40\r\n\r\n"
HELLO = b"\x16\x03\x03\x40\x00"
SLOW = {
    "head": (b"", HEAD + b"x" * 40),
    "body": (HEAD, b"x" * 40),
    "chunks": (HEAD.replace(b"Content-Length: 40", b"Transfer-Encoding: chunked"), b"1\r\nx\r\n" * 10 + b"0\r\n\r\n"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + HEAD + b"x" * 40),
    "nothing": (b"", b""),
}


def dripping(at_once, slowly, **more):
    """One byte now and then, each of them well before any time-out, and the end of it long after."""

    def serve(connection, _number):
        connection.sendall(at_once)
        for place in range(len(slowly)):
            if not server.pause(0.1):
                return
            connection.sendall(slowly[place : place + 1])
        server.pause(30)

    server = Raw(serve, **more)
    return server


@pytest.mark.parametrize("effect", [Effect.READ, Effect.UNGUARDED_WRITE])
@pytest.mark.parametrize("what", SLOW)
def test_the_time_out_is_for_the_whole_answer_and_not_for_each_byte(what, effect):
    with dripping(*SLOW[what]) as server, pytest.raises(Unreachable, match=r"within 0.5 s; try again, or") as caught:
        send(server.url, effect, seconds=0.5)
    assert caught.value.details.get("applied") == (None if effect is Effect.READ else "unknown")
    assert len(server.seen) == 1


@pytest.mark.parametrize("slowly", [b"", HELLO + b"x" * 100])
def test_the_time_out_is_for_the_whole_of_tls_and_nothing_was_sent_then(slowly):
    with (
        dripping(b"", slowly, listens=False) as server,
        pytest.raises(Unreachable, match=r"no connection to .* within 0.5 s") as caught,
    ):
        send(server.url.replace("http:", "https:"), Effect.UNGUARDED_WRITE, seconds=0.5)
    assert caught.value.details["applied"] == "no"


def test_the_time_out_is_for_the_look_up_of_the_name_too(monkeypatch):
    over, really = threading.Event(), socket.getaddrinfo

    def silent(*given):
        if given[-1] != socket.AI_NUMERICHOST:
            over.wait(30)
        return really("127.0.0.1", *given[1:]) if given[-1] != socket.AI_NUMERICHOST else really(*given)

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        with pytest.raises(Unreachable, match=r"no connection to .* within 0.2 s"):
            send("http://api.example.org", seconds=0.2)
    finally:
        over.set()


def test_the_next_request_on_a_connection_has_its_own_time():
    with Loopback(lambda _seen: OK) as server:
        shared = client(server.url)
        shared.send(Message("GET", "/x", Effect.READ), Deadline(0.3))
        threading.Event().wait(0.5)
        assert shared.send(Message("GET", "/x", Effect.READ), Deadline(30)).status == 200
    assert server.connections == 1


def test_what_a_server_says_in_advance_is_not_its_answer():
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def serve(connection, number):
        connection.sendall(early + final)
        if number == 0:
            # The same connection takes the next request, so nothing may be left over in it.
            connection.recv(65536)
            connection.sendall(final)

    with Raw(serve) as server:
        shared = client(server.url)
        for _round in range(2):
            answer = shared.send(Message("GET", "/x", Effect.READ), Deadline(30))
            assert (answer.status, answer.body) == (200, b"ok")
        assert len(server.seen) == 1


def test_an_answer_that_is_larger_than_anything_is_an_error(monkeypatch):
    monkeypatch.setattr("ansible_collections.eduide.theia.plugins.module_utils._common.http.client._MOST_BYTES", 1000)
    with Loopback(lambda _seen: Say(200, "x" * 1000)) as server:
        assert len(send(server.url).body) == 1000
    with Loopback(lambda _seen: Say(200, "x" * 1001)) as server, pytest.raises(ServerFailed, match="it is too large"):
        send(server.url)


def test_connections_are_kept_and_shared():
    with Loopback(lambda _seen: OK) as server:
        shared = client(server.url)

        def read():
            shared.send(Message("GET", "/x", Effect.READ), Deadline(30))

        for _round in range(5):
            read()
        assert server.connections == 1
        barrier = threading.Barrier(3)

        def work():
            barrier.wait()
            for _round in range(5):
                read()

        threads = [threading.Thread(target=work) for _thread in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.connections <= 4
    assert len(server.seen) == 20


def test_a_redirect_is_not_followed_with_our_credentials():
    with Loopback(answers(Say(302, headers={"Location": "/login"}))) as server:
        assert send(server.url).status == 302
    assert [seen.path for seen in server.seen] == ["/x"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Thu, 11 Feb 2027 08:30:00 GMT", "2027-02-11T08:30:00+00:00"),
        ("Thu, 11 Feb 2027 08:30:00 +0100", "2027-02-11T07:30:00+00:00"),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Thu, 11 Feb 2027 08:30:00 -9999", None),
        ("Thu, 99 Feb 2027", None),
        ("", None),
        (None, None),
        ("²", None),
    ],
)
def test_a_date_that_makes_no_sense_is_none(text, wanted):
    moment = parse_date(text)
    assert (moment.isoformat() if moment else None) == wanted
