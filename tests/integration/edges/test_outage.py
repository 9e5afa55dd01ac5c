# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits and stops go on while the API server is away: refusing connections, or taking them and saying nothing."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import threading
import time
import typing as t
import urllib.parse
from pathlib import Path

import pytest
import yaml

from integration.ansible_run import connection, play, task
from integration.capacity_site import desired
from integration.lab.operator_site import eventually
from integration.session_site import SessionSite, outcomes
from lab import chart
from lab.faults import Hold, Rule, Status
from lab.identities import COLLECTION_RULES
from lab.proxy import FaultProxy

# Longer than a request may take here.
AWAY_SECONDS = 14


class Relay:
    """Hands bytes on to the API server, until it is told to refuse or to say nothing."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._target = (str(parts.hostname), int(parts.port or 443))
        self._silent = threading.Event()
        self._links: list[socket.socket] = []
        self._listen(0)
        self.url = f"https://127.0.0.1:{self._server.getsockname()[1]}"

    def _listen(self, port: int) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = server.accept()
                far = socket.create_connection(self._target)
                self._links += [near, far]
                threading.Thread(target=self._hand_on, args=(near, far), daemon=True).start()

    def _hand_on(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError), near, far, selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _events in selector.select():
                    data = t.cast(socket.socket, key.fileobj).recv(65536)
                    if not data:
                        return
                    while self._silent.is_set():
                        time.sleep(0.1)
                    key.data.sendall(data)

    def refuse(self) -> None:
        port = self._server.getsockname()[1]
        self.close()
        time.sleep(AWAY_SECONDS)
        self._listen(port)

    def say_nothing(self) -> None:
        self._silent.set()
        time.sleep(AWAY_SECONDS)
        self._silent.clear()

    def close(self) -> None:
        # Closing alone does not wake up what waits for a connection.
        for link in (self._server, *self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._links.clear()


@pytest.fixture
def relay(control_plane):
    relay = Relay(control_plane.url)
    yield relay
    relay.close()


@pytest.fixture(scope="module")
def site(module_installation):
    return SessionSite(module_installation(app_definitions=[]))


@pytest.mark.parametrize("trouble", ["refuse", "say_nothing"])
def test_a_wait_goes_on_while_the_api_server_is_away(site, relay, trouble, tmp_path):
    # Nothing becomes warm before its image is there.
    name = site.definition(0, image="registry.lab.invalid/eduide/ide:missing")
    config = yaml.safe_load(Path(site.installation.kubeconfig).read_text())
    config["clusters"][0]["cluster"]["server"] = relay.url
    asked = {"app_definitions": [desired(name, warm=1)], "hold": "exam", "wait": True, "wait_timeout_seconds": 90}

    def waits() -> bool:
        seen = site.lab.audit(user=site.installation.user, namespace=site.namespace)
        patched = [
            number for number, event in enumerate(seen) if event["verb"] == "patch" and name in event["requestURI"]
        ]
        # It looks again only once it has the answer to its patch.
        return bool(patched) and any(event["verb"] in ("list", "watch") for event in seen[patched[-1] :])

    def disturb() -> None:
        eventually("the bound is raised", lambda: site.bounds(name)[0] == 1)
        eventually("the wait has begun", waits)
        getattr(relay, trouble)()
        site.patch(name, image=chart.app_definition(name)["spec"]["image"])

    thread = threading.Thread(target=disturb)
    thread.start()
    run = play(
        tmp_path,
        [task("theia_capacity", **asked, timeout_seconds=5)],
        connection=connection(site.installation, kubeconfig=config),
    )
    thread.join()
    result = run.only("theia_capacity").result
    assert result["app_definitions"][0]["pool"]["warm"] == 1, run.output
    assert "s, and at the moment nothing can be seen: " in run.output


def test_a_wait_goes_on_when_its_token_is_refused(site, control_plane, tmp_path):
    """The helper that gave it does not say how long it is good, so it is asked again."""
    name, calls = site.definition(0), tmp_path / "calls"
    given = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    other = site.lab.identity("renewed", namespace=site.namespace, rules=COLLECTION_RULES)
    for number, account in enumerate((site.installation.identity, other), 1):
        (tmp_path / f"credential-{number}").write_text(json.dumps({**given, "status": {"token": account.token}}))
    helper = {"apiVersion": given["apiVersion"], "command": "sh", "interactiveMode": "Never"}
    helper["args"] = ["-c", f"echo asked >> {calls}; cat {tmp_path}/credential-$(wc -l < {calls})"]
    with FaultProxy.before(control_plane) as proxy:
        proxy.add(Rule(Status(401), verb="watch", count=1))
        file = proxy.write_kubeconfig(tmp_path / "config", "", site.namespace)
        config = yaml.safe_load(file.read_text())
        config["users"][0]["user"] = {"exec": helper}
        result = site.set(desired(name, warm=1), hold="exam", wait=True, kubeconfig=config)
    assert result.get("failed") is None, result["msg"]
    assert (result["app_definitions"][0]["pool"]["warm"], calls.read_text().split()) == (1, ["asked"] * 2)


def test_a_stop_goes_on_when_the_api_server_does(site, control_plane, tmp_path):
    """It says nothing for three times as long as a request may take, as while it, or its etcd, is paused.

    What was sent meanwhile is carried out when it goes on. One whose name is another session's by then is left alone.
    """
    ide = site.definition(0)
    names = sorted(site.many(6, ide))
    uids = {name: site.session(name)["metadata"]["uid"] for name in names}
    relaunched, patience, paused = names[2], 4, Hold()

    def pause() -> None:
        proxy.add(Rule(paused))
        began = time.monotonic()
        site.lab.api.delete(site.path(relaunched))
        eventually("its name is free", lambda: relaunched not in site.names())
        site.create_session(ide, "student-2", relaunched)
        time.sleep(max(0.0, began + 3 * patience + 1 - time.monotonic()))
        proxy.clear()
        paused.release.set()

    with FaultProxy.before(control_plane) as proxy:
        proxy.add(Rule(Hold(meanwhile=pause), verb="delete", skip=2, count=1))
        config = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
        options = {"kubeconfig": str(config), "timeout_seconds": patience, "concurrency": 1}
        result = site.act(names=names, discard_data=["named"], **options)
        # Whom nobody waits for any more is heard all the same.
        eventually("the others are gone", lambda: site.names() == {relaunched})
    told = outcomes(result)
    assert result["failed"]
    assert "no answer from " in result["msg"]
    assert f"within {patience} s" in result["msg"]
    # The one after it was asked for while nobody answered, too.
    assert told.pop(names[3]) in ("failed", "stopped")
    assert told == {**dict.fromkeys(told, "stopped"), relaunched: "failed"}
    assert site.session(relaunched)["metadata"]["uid"] != uids[relaunched]
    again = site.act(names=[name for name in names if name != relaunched])
    assert (again["changed"], set(outcomes(again).values())) == (False, {"gone"})
