# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether two connections of an inventory lead to the same installation."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.plugin_utils._installation import installation_of

SERVER = "https://kubernetes.example.org:6443"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """Nothing of this machine leads to a cluster."""
    for name in ("KUBECONFIG", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_CONTEXT", "K8S_AUTH_HOST", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def config(server=SERVER, **user):
    return {
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "here", "user": "me"}} for name in ("one", "two")],
        "current-context": "one",
    }


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param({"kubeconfig": config()}, id="kubeconfig"),
        pytest.param({"kubeconfig": config(f"{SERVER}/")}, id="slash at the end"),
        pytest.param({"kubeconfig": config(), "context": "two"}, id="context"),
        pytest.param({"host": SERVER, "api_key": "a-token"}, id="address"),
        pytest.param({"host": SERVER, "kubeconfig": config("https://elsewhere.example.org")}, id="address wins"),
    ],
)
def test_the_ways_to_one_installation_are_told_as_the_same(connection):
    assert installation_of({**connection, "namespace": "theia-prod"}) == [SERVER, "theia-prod"]


def test_another_namespace_or_server_is_another_installation():
    assert installation_of({"kubeconfig": config(), "namespace": "theia-staging"}) == [SERVER, "theia-staging"]
    other = "https://other.example.org"
    assert installation_of({"kubeconfig": config(other), "namespace": "theia-prod"}) == [other, "theia-prod"]


def test_nobody_is_asked_for_credentials(tmp_path):
    traces = tmp_path / "asked"
    helper = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(traces)]}
    assert installation_of({"kubeconfig": config(exec=helper), "namespace": "theia-prod"}) == [SERVER, "theia-prod"]
    assert not traces.exists()


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"kubeconfig": config()}, id="no namespace"),
        pytest.param({"namespace": "theia-prod"}, id="no kubeconfig"),
        pytest.param({"kubeconfig": config(), "context": "three", "namespace": "theia-prod"}, id="no such context"),
    ],
)
def test_what_cannot_be_told_is_null(connection):
    assert installation_of(connection) is None
