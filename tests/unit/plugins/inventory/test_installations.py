# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory that finds installations: what hosts get, and what is said if nothing can be found."""

from __future__ import annotations

import contextlib
import json

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import APP_DEFINITION
from tools.checkout import ROOT
from unit.fakes import FakeGateway

inventory_loader.add_directory(str(ROOT / "plugins" / "inventory"))
CLUSTERS = {
    "production": [("theia-prod", "java"), ("theia-prod", "c"), ("theia-old", "java")],
    "staging": [("theia-prod", "java")],
}


@pytest.fixture
def asked(monkeypatch):
    """Clusters by context; returns what they were asked."""
    seen = []

    def open_gateway(params, *, namespace, check_mode):
        assert not check_mode
        context = params.get("context") or "production"
        if context == "broken":
            raise Unreachable("the Kubernetes API does not answer")
        gateway = FakeGateway(namespace=namespace, forbidden=[("list", APP_DEFINITION)] if context == "closed" else ())
        for place, name in CLUSTERS.get(context, []):
            gateway.put(APP_DEFINITION, {"metadata": {"name": name, "namespace": place}, "spec": {}})
        seen.append((context, namespace))
        return gateway

    monkeypatch.setattr(connect, "open_gateway", open_gateway)
    return seen


@pytest.fixture
def kubeconfig(tmp_path):
    contexts = ["production", "staging", "closed", "broken", "empty"]
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "production",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example.org"}} for name in contexts],
        "users": [{"name": "me", "user": {"token": "a-secret-token"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "me"}} for name in contexts],
    }
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(content))
    return str(file)


def read(tmp_path, look_up=True, **options):
    """The inventory that a file with these options gives."""
    file = tmp_path / "exams.theia.yml"
    file.write_text(yaml.safe_dump({"plugin": "eduide.theia.installations", **options}))
    inventory = InventoryData()
    plugin = inventory_loader.get("installations")
    plugin._redirected_names = [plugin.NAME]  # found by its file here, by its name elsewhere
    assert plugin.verify_file(str(file))
    plugin.parse(inventory, DataLoader(), str(file), cache=look_up)
    with contextlib.suppress(AttributeError):  # there is none; Ansible does the same
        plugin.update_cache_if_changed()
    inventory.reconcile_inventory()
    return inventory


def hosts(inventory):
    return {name: host.get_vars() for name, host in inventory.hosts.items()}


def test_a_host_is_a_namespace_with_app_definitions(asked, kubeconfig, tmp_path):
    found = hosts(read(tmp_path, kubeconfig=kubeconfig))
    assert set(found) == {"theia-old", "theia-prod"}
    variables = found["theia-prod"]
    assert variables["theia_connection"] == {"kubeconfig": kubeconfig, "namespace": "theia-prod"}
    assert variables["theia_app_definitions"] == ["c", "java"]
    assert variables["theia_server"] == "https://production.example.org"
    assert asked == [("production", "default")]


def test_contexts_groups_and_variables_of_ones_own(asked, kubeconfig, tmp_path):
    inventory = read(
        tmp_path,
        kubeconfig=kubeconfig,
        contexts=["production", "staging"],
        hostname="theia_context ~ '-' ~ theia_namespace",
        keyed_groups=[{"key": "theia_context", "prefix": "cluster"}],
        groups={"old": "theia_namespace == 'theia-old'"},
        compose={"theia_connection": "theia_connection | combine({'app_id': theia_namespace})"},
    )
    assert set(inventory.groups["theia_installations"].get_hosts()) == set(inventory.hosts.values())
    assert [host.name for host in inventory.groups["cluster_staging"].get_hosts()] == ["staging-theia-prod"]
    assert [host.name for host in inventory.groups["old"].get_hosts()] == ["production-theia-old"]
    assert hosts(inventory)["staging-theia-prod"]["theia_connection"] == {
        "kubeconfig": kubeconfig,
        "context": "staging",
        "namespace": "theia-prod",
        "app_id": "theia-prod",
    }
    assert len(asked) == 2


def test_only_named_namespaces_are_asked(asked, kubeconfig, tmp_path):
    found = hosts(read(tmp_path, kubeconfig=kubeconfig, namespaces=["theia-old", "other"]))
    assert set(found) == {"theia-old"}
    assert asked == [("production", "theia-old"), ("production", "other")]


def test_a_cluster_without_installations_is_a_group_without_hosts(asked, kubeconfig, tmp_path):
    inventory = read(tmp_path, kubeconfig=kubeconfig, contexts=["empty"])
    assert not inventory.hosts
    assert "theia_installations" in inventory.groups
    assert asked


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"contexts": ["closed"]}, "context closed: .*; name the namespaces with the option namespaces"),
        ({"contexts": ["broken"]}, "context broken: the Kubernetes API does not answer"),
        ({"contexts": ["nowhere"]}, "context nowhere: .*nowhere"),
        ({"contexts": ["production", "staging"]}, "two installations are called theia-prod; put theia_context"),
        ({"kubeconfig": "/no/such/file"}, "current context: .*/no/such/file"),
    ],
)
def test_what_is_wrong_is_said_with_the_context(kubeconfig, tmp_path, options, told):
    with pytest.raises(AnsibleParserError, match=told) as caught:
        read(tmp_path, **{"kubeconfig": kubeconfig, **options})
    assert "a-secret-token" not in str(caught.value)


def test_what_is_kept_is_not_asked_for_again(asked, kubeconfig, tmp_path):
    kept = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "kept")}
    first = hosts(read(tmp_path, kubeconfig=kubeconfig, **kept))
    assert hosts(read(tmp_path, kubeconfig=kubeconfig, **kept)) == first
    assert len(asked) == 1
    read(tmp_path, look_up=False, kubeconfig=kubeconfig, **kept)
    assert len(asked) == 2
