# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is wrong with the way to the cluster is told before anything is changed.

What may be wrong with what is asked for needs no cluster: see test_theia_capacity_input.py.
"""

from __future__ import annotations

import typing as t

import pytest
import yaml

from integration.ansible_run import connection, play, task
from integration.capacity_site import CapacitySite, desired
from lab import identities
from lab.certificates import Authority

JAVA = "java-17-latest"
EXAM = {"hold": "bad-input-exam"}


@pytest.fixture(scope="module")
def site(module_installation):
    """No operator is needed to refuse: nothing runs."""
    return CapacitySite(module_installation(running=[]))


@pytest.fixture(scope="module")
def lazy(module_installation):
    return CapacitySite(module_installation(start="lazy", running=["service"]))


@pytest.fixture(autouse=True)
def no_traces(monkeypatch, tmp_path):
    """Nothing of this machine leads to a cluster."""
    for name in ("KUBECONFIG", "K8S_AUTH_KUBECONFIG", "K8S_AUTH_CONTEXT", "K8S_AUTH_HOST", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def refused(site, *words, **options):
    """Both modules refuse, and nothing was written."""
    since = site.now()
    reading = {name: value for name, value in options.items() if name != "hold"}
    for result in (results := [site.set(desired(JAVA, min_instances=5), **options), site.info(JAVA, **reading)]):
        assert result.get("failed") is True, result
        for word in words:
            assert word in result["msg"], result["msg"]
    assert site.writes(since) == []
    assert "Traceback" not in str(results)
    return results[0]["msg"]


def kubeconfig(site, tmp_path, change):
    """A copy of the site's kubeconfig with something changed in it."""
    content: dict[str, t.Any] = yaml.safe_load(site.installation.kubeconfig.read_text())
    change(content)
    file = tmp_path / "changed.kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return str(file)


# --- the way to the cluster


def test_no_kubeconfig_at_all(site):
    refused(site, "~/.kube/config", "K8S_AUTH_KUBECONFIG", kubeconfig=None, **EXAM)


def test_a_kubeconfig_that_is_not_there(site):
    refused(site, "/nowhere/config", "kubeconfig", kubeconfig="/nowhere/config", **EXAM)


def test_a_kubeconfig_that_is_none(site, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("apiVersion: v1\nkind: Config\n")
    refused(site, str(file), kubeconfig=str(file), **EXAM)


def test_a_wrong_context(site):
    here = yaml.safe_load(site.installation.kubeconfig.read_text())["current-context"]
    refused(site, "'production'", here, context="production", **EXAM)


def test_no_namespace(site):
    refused(site, "namespace is not set", namespace=None, **EXAM)


def test_a_namespace_that_is_not_there(site):
    refused(site, "'theia-prdo'", namespace="theia-prdo", **EXAM)


def test_a_namespace_without_an_installation_is_told_from_the_right_one(site, control_plane):
    """An account that may look around is told where else to look."""
    empty = control_plane.namespace()
    text = refused(
        site, f"{empty!r}", "no app definitions", namespace=empty, kubeconfig=str(control_plane.admin_kubeconfig)
    )
    assert site.namespace in text


def test_an_account_of_another_namespace_is_told_which_right_it_lacks(site, lazy):
    refused(site, lazy.namespace, "is not allowed to (403)", "add to a Role", namespace=lazy.namespace, **EXAM)


def test_a_refused_token(site, tmp_path):
    def expire(content):
        content["users"][0]["user"]["token"] = "an-old-token"

    text = refused(site, "(401)", "credentials", kubeconfig=kubeconfig(site, tmp_path, expire), **EXAM)
    assert "an-old-token" not in text


def test_a_certificate_of_another_authority(site, tmp_path):
    other = Authority(tmp_path)

    def distrust(content):
        cluster = content["clusters"][0]["cluster"]
        cluster.pop("certificate-authority-data", None)
        cluster["certificate-authority"] = str(other.file)

    refused(site, "certificate", "ca_cert", kubeconfig=kubeconfig(site, tmp_path, distrust), **EXAM)


def test_a_certificate_for_another_name(site, tmp_path):
    def rename(content):
        cluster = content["clusters"][0]["cluster"]
        cluster["tls-server-name"] = "kubernetes.production.example.org"

    refused(
        site, "certificate", "kubernetes.production.example.org", kubeconfig=kubeconfig(site, tmp_path, rename), **EXAM
    )


def test_a_cluster_that_does_not_answer(site, tmp_path):
    def move(content):
        content["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"

    refused(site, "127.0.0.1:9", kubeconfig=kubeconfig(site, tmp_path, move), timeout_seconds=2, **EXAM)


def test_an_account_that_may_read_but_not_write_is_told_which_right_it_lacks(site, control_plane):
    reading = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb in identities.READ]}
        for rule in identities.COLLECTION_RULES
    ]
    reader = control_plane.identity("reader", namespace=site.namespace, rules=[r for r in reading if r["verbs"]])
    result = site.set(desired(JAVA, min_instances=5), kubeconfig=str(reader.kubeconfig), **EXAM)
    assert result["failed"] is True
    assert "configmaps" in result["msg"]
    assert "add to a Role" in result["msg"]
    assert site.ledger() == {}
    assert site.bounds(JAVA)[0] == 3


# --- as it looks in a play


@pytest.mark.both
def test_a_play_shows_the_text_and_no_traceback(site, tmp_path):
    asked = [desired("java-18-latest", warm=5)]
    run = play(
        tmp_path,
        [
            task("theia_capacity", app_definitions=asked),
            task("theia_capacity", app_definitions=asked, context="production"),
            task("theia_capacity_info", kubeconfig="/nowhere/config"),
        ],
        connection=connection(site.installation),
    )
    assert [done.failed for done in run.tasks] == [True, True, True]
    for words in ("there is no app definition 'java-18-latest'", "'production'", "/nowhere/config"):
        assert words in run.output
    assert "Traceback" not in run.output
