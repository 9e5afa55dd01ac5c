# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a server answers, both clients return something of the right kind or raise an error in words, and soon."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError, Unexpected
from ansible_collections.eduide.theia.plugins.module_utils._common.secrets import clean_credential
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import Access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.client import KubeGateway
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.credentials import fixed
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    POD,
    SESSION,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Transport
from ansible_collections.eduide.theia.plugins.module_utils._service.client import Service
from ansible_collections.eduide.theia.plugins.module_utils._service.transport import ServiceTransport
from unit.attack.examples import examples

SECRET = "sesame-open-now"
# Ten times what a request may take here.
MOST_SECONDS = 20.0


class Speaker:
    """Answers each request with the bytes that it is given, and closes."""

    def __init__(self) -> None:
        self.answer = b""
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._server.accept()
                threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def _speak(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            connection.recv(65536)
            connection.sendall(self.answer)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture(scope="module")
def speaker() -> t.Iterator[Speaker]:
    speaker = Speaker()
    yield speaker
    speaker.close()


@pytest.fixture(scope="module", autouse=True)
def _collected_where_nothing_can_be_called() -> t.Iterator[None]:
    """Where JSON is so deep that it is refused, Python may collect something that it cannot clean up at that depth.

    It only notes that, and pytest would call it a failure of the test.
    """
    before = sys.unraisablehook

    def hook(found: sys.UnraisableHookArgs) -> None:
        if not isinstance(found.exc_value, RecursionError):
            before(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", hook)
        yield


def gateway(speaker: Speaker) -> KubeGateway:
    access = Access(
        host=speaker.url,
        source="a test",
        proven_by="a test",
        credential=fixed(f"Bearer {clean_credential(SECRET, 'a')}"),
    )
    return KubeGateway(Transport(access, timeout_seconds=2, connections=2, sleep=lambda _s: None), namespace="theia")


def service(speaker: Speaker) -> Service:
    tokens = {"admin_token": SECRET, "user_token": f"a.eyJlbWFpbCI6ImFAYiJ9.{SECRET}", "app_id": "eduide"}
    params = {"service_url": speaker.url, "timeout_seconds": 2, **tokens}
    return Service(ServiceTransport(params, check_mode=False, sleep=lambda _s: None))


# What each request may return.
KUBERNETES: dict[str, tuple[t.Callable[[KubeGateway], t.Any], t.Any]] = {
    "list": (lambda found: found.list(POD), list),
    "list of a platform's kind": (lambda found: found.list(APP_DEFINITION), list),
    "get": (lambda found: found.get(CONFIG_MAP, "x"), (dict, type(None))),
    "create": (lambda found: found.create(CONFIG_MAP, {"metadata": {"name": "x"}, "data": {"token": SECRET}}), dict),
    "replace": (
        lambda found: found.replace(CONFIG_MAP, "x", {"metadata": {"name": "x", "resourceVersion": "1"}}),
        dict,
    ),
    "patch": (lambda found: found.merge_patch(SESSION, "x", {"spec": {"sessionSecret": SECRET}}), dict),
    "delete": (lambda found: found.delete(SESSION, "x", uid="u"), bool),
    "log": (lambda found: found.log_lines("pod"), list),
    "time": (lambda found: found.now().isoformat(), str),
    "no installation": (lambda found: str(found.no_installation()), str),
}
SERVICE: dict[str, tuple[t.Callable[[Service], t.Any], t.Any]] = {
    "sessions": (lambda found: found.sessions("a@b"), list),
    "workspaces": (lambda found: found.workspaces("a@b"), list),
    "stop": (lambda found: found.stop_session("a@b", "x"), bool),
    "delete": (lambda found: found.delete_workspace("a@b", "x"), bool),
    "activity": (lambda found: found.report_activity("x"), bool),
    "performance": (lambda found: found.performance("x"), tuple),
    "bounds of all": (lambda found: found.admin.scalings(), list),
    "bounds of one": (lambda found: found.admin.scaling("x"), tuple),
    "setting bounds": (lambda found: found.admin.scale("x", min_instances=1), tuple),
}

# --- answers of any kind, most of them near to what is expected

texts = st.text(max_size=30) | st.sampled_from(
    ["", "Status", "List", "True", "1", "-5m", "9999-12-31T23:59:59Z", SECRET]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.just(10**400) | texts
FIELDS = """apiVersion kind metadata items name uid resourceVersion continue status message reason details code versions
    version resources spec minInstances maxInstances appDefinitionName user appDefinition cpuAmount memoryAmount"""
fields = st.sampled_from(FIELDS.split())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(fields | texts, inner, max_size=6),
    max_leaves=12,
)
metadata = st.fixed_dictionaries(
    {"name": texts}, optional={"uid": texts, "resourceVersion": texts, "namespace": scalars}
)
objects = st.fixed_dictionaries(
    {"metadata": metadata | values}, optional={"kind": texts, "spec": values, "status": values}
)
lists = st.fixed_dictionaries(
    {"items": st.none() | st.lists(objects | values, max_size=4)},
    optional={"kind": texts, "metadata": values | st.fixed_dictionaries({"continue": scalars})},
)
statuses = st.fixed_dictionaries(
    {"kind": st.just("Status")},
    optional={"status": texts, "message": scalars, "reason": scalars, "details": values, "code": scalars},
)
groups = st.fixed_dictionaries({"versions": st.lists(st.fixed_dictionaries({"version": scalars}) | values, max_size=3)})
nested = st.integers(100, 20_000).flatmap(lambda n: st.sampled_from(["[" * n, '{"a":' * n, "[" * n + "]" * n]))


def written(value: t.Any) -> bytes:
    with contextlib.suppress(UnicodeEncodeError):
        return json.dumps(value, ensure_ascii=False).encode()
    return json.dumps(value).encode()


wholes = (values | objects | lists | statuses | groups).map(written)
bodies = st.one_of(
    wholes,
    st.tuples(wholes, st.integers(0, 40)).map(lambda cut: cut[0][: cut[1]]),
    nested.map(str.encode),
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"<html>log in</html>", b"\xff\xfe{\x00}\x00", b"\x1f\x8b\x08\x00", b"null", b"true", b"x" * 70_000]
    ),
)
codes = st.sampled_from(
    [200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 410, 415, 422, 429, 470, 500, 503, 504]
) | st.integers(100, 999)
types = st.sampled_from(["application/json", "application/json; charset=utf-16", "text/html", "text/plain", ""])
header_texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
headers = st.dictionaries(
    st.sampled_from(
        [
            "Date",
            "Retry-After",
            "Location",
            "Content-Encoding",
            "Transfer-Encoding",
            "Connection",
            "X-A",
            "Content-Length",
        ]
    ),
    st.sampled_from(
        ["²", "-1", "0", "999999999999", "gzip", "chunked", "close", "Thu, 11 Feb 2027 08:30:00 -2359", "http://[::1"]
    )
    | header_texts,
    max_size=4,
)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=300))
    body = draw(bodies)
    lines = {"Content-Type": draw(types), "Content-Length": str(len(body)), **draw(headers)}
    head = f"HTTP/1.1 {draw(codes)} {draw(header_texts)}\r\n" + "".join(f"{name}: {v}\r\n" for name, v in lines.items())
    early = "HTTP/1.1 103 Early Hints\r\n\r\n" if draw(st.integers(0, 19)) == 0 else ""
    return f"{early}{head}\r\n".encode("latin-1") + body


def attack(speaker: Speaker, ask: t.Callable[[], t.Any], wanted: t.Any, answer: bytes) -> None:
    speaker.answer = answer
    began = time.monotonic()
    failure = None
    try:
        found = ask()
    except EduideError as exc:
        failure = exc
    assert time.monotonic() - began < MOST_SECONDS
    if failure is None:
        assert isinstance(found, wanted), found
        return
    assert not isinstance(failure, Unexpected)
    assert SECRET not in failure.advice
    assert len(failure.advice) < 10_000
    json.dumps(failure.details)


@examples(300, 10_000)
@given(name=st.sampled_from([*KUBERNETES]), answer=answers())
def test_whatever_the_kubernetes_api_answers(speaker: Speaker, name: str, answer: bytes) -> None:
    ask, wanted = KUBERNETES[name]
    attack(speaker, lambda: ask(gateway(speaker)), wanted, answer)


@examples(300, 10_000)
@given(name=st.sampled_from([*SERVICE]), answer=answers())
def test_whatever_the_service_answers(speaker: Speaker, name: str, answer: bytes) -> None:
    ask, wanted = SERVICE[name]
    attack(speaker, lambda: ask(service(speaker)), wanted, answer)
