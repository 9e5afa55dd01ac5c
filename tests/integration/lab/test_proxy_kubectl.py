# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault proxy between the real kubectl and the real API server."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import threading
import typing as t
from pathlib import Path

import pytest

from lab import ControlPlane, Identity
from lab.faults import Rewrite, Rule, Status, expired_continue_token
from lab.proxy import FaultProxy

PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def control_plane() -> t.Iterator[ControlPlane]:
    with ControlPlane.attach_or_start() as control_plane:
        yield control_plane


@pytest.fixture(scope="module")
def reader(control_plane: ControlPlane) -> t.Iterator[Identity]:
    """May read ConfigMaps in a namespace of its own, and nothing else."""
    namespace = f"proxy-{secrets.token_hex(4)}"
    control_plane.kubectl("create", "namespace", namespace)
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}
    reader = control_plane.identity("reader", namespace=namespace, rules=[rule])
    for name in ("one", "two", "three"):
        control_plane.kubectl("create", "configmap", name, "--namespace", namespace)
    yield reader
    control_plane.kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def proxy(control_plane: ControlPlane) -> t.Iterator[FaultProxy]:
    with FaultProxy.before(control_plane) as proxy:
        yield proxy


@pytest.fixture
def proxied(proxy: FaultProxy, reader: Identity, tmp_path: Path) -> Identity:
    """The same account, by way of the proxy."""
    namespace = reader.user.split(":")[2]
    return reader._replace(kubeconfig=proxy.write_kubeconfig(tmp_path / "config", reader.token, namespace))


def test_token_passes_through(control_plane: ControlPlane, proxied: Identity) -> None:
    who = json.loads(control_plane.kubectl("auth", "whoami", "-o", "json", as_=proxied).stdout)
    assert who["status"]["userInfo"]["username"] == proxied.user


def test_objects_are_read_page_by_page(control_plane: ControlPlane, proxy: FaultProxy, proxied: Identity) -> None:
    names = control_plane.kubectl("get", "configmaps", "--chunk-size=2", "-o", "name", as_=proxied).stdout.split()
    assert {f"configmap/{name}" for name in ("one", "two", "three")} <= set(names)
    pages = [seen for seen in proxy.requests if seen.verb == "list"]
    assert len(pages) >= 2
    assert {seen.status for seen in pages} == {200}


def test_watch_brings_what_happens_at_once(control_plane: ControlPlane, proxy: FaultProxy, proxied: Identity) -> None:
    namespace = proxied.user.split(":")[2]
    with watching(control_plane, proxied) as lines:
        # The watch starts after the list; what is created before would be no test of it.
        assert {lines.readline() for _name in range(4)} >= {"configmap/one\n", "configmap/two\n", "configmap/three\n"}
        for name in ("four", "five"):
            control_plane.kubectl("create", "configmap", name, "--namespace", namespace)
            assert lines.readline() == f"configmap/{name}\n"
    assert [seen.verb for seen in proxy.requests if "/configmaps" in seen.target][:2] == ["list", "watch"]


@contextlib.contextmanager
def watching(control_plane: ControlPlane, identity: Identity) -> t.Iterator[t.IO[str]]:
    """The lines of a kubectl that watches; ended, and with it the wait for a line, when patience is."""
    kubectl = control_plane.description["kubectl"]
    command = [kubectl, f"--kubeconfig={identity.kubeconfig}", "get", "configmaps", "--watch", "-o", "name"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        patience = threading.Timer(PATIENCE_SECONDS, process.kill)
        patience.start()
        try:
            assert process.stdout is not None
            yield process.stdout
        finally:
            patience.cancel()
            process.kill()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        pytest.param(Rule(Status(403, message="not today"), path="/configmaps"), "not today", id="status"),
        pytest.param(expired_continue_token("/configmaps"), "no longer kept", id="expired-token"),
    ],
)
def test_kubectl_understands_the_faults(
    control_plane: ControlPlane, proxy: FaultProxy, proxied: Identity, rule: Rule, message: str
) -> None:
    proxy.add(rule)
    done = control_plane.kubectl("get", "configmaps", "--chunk-size=1", as_=proxied, check=False)
    assert done.returncode != 0
    assert message in done.stderr


def test_answers_are_rewritten(control_plane: ControlPlane, proxy: FaultProxy, proxied: Identity) -> None:
    def renamed(body: t.Any) -> t.Any:
        body["metadata"]["labels"] = {"made": "up"}
        return body

    proxy.add(Rule(Rewrite(renamed), verb="get", path="/configmaps/one"))
    one = control_plane.kubectl("get", "configmap", "one", "-o", "jsonpath={.metadata.labels.made}", as_=proxied)
    assert one.stdout == "up"
