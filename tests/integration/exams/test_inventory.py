# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example inventory, copied as a site copies it: other names, and the rest as it is."""

from __future__ import annotations

import shutil

import pytest
import yaml

from integration.ansible_run import ROOT, call
from integration.capacity_site import CapacitySite


@pytest.fixture(scope="module")
def sites(module_installation):
    return {name: CapacitySite(module_installation(running=["operator"])) for name in ("production", "staging")}


@pytest.fixture
def inventory(sites, tmp_path):
    folder = shutil.copytree(ROOT / "inventories" / "example", tmp_path / "inventory")
    for name, site in sites.items():
        names = {
            "theia_context": name,
            "theia_namespace": site.namespace,
            "theia_service_host": site.installation.service_url.removeprefix("https://"),
            "theia_app_id": site.installation.app_id,
        }
        file = folder / "host_vars" / f"{name}.yml"
        assert names.keys() == yaml.safe_load(file.read_text()).keys()
        file.write_text(yaml.safe_dump(names))
    return folder


@pytest.fixture
def home(sites, tmp_path):
    """A home with one kubeconfig that has a context for each installation."""
    merged = {"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}
    for name, site in sites.items():
        content = yaml.safe_load(site.installation.kubeconfig.read_text())
        merged["clusters"].append({"name": name, "cluster": content["clusters"][0]["cluster"]})
        merged["users"].append({"name": name, "user": content["users"][0]["user"]})
        merged["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    file = tmp_path / ".kube" / "theia"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(merged))
    return tmp_path


def test_the_example_leads_to_each_installation_and_needs_no_other_collection(sites, inventory, home):
    before = {name: site.now() for name, site in sites.items()}
    env = {"HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "tree")}
    done = call(home, env, "eduide.theia.pre_exam", "-i", inventory, "--check", exam="pgdp-final", early=True)
    assert done.returncode == 0, done.stdout
    for name, site in sites.items():
        assert f"{name} · pgdp-final: this would be done" in done.stdout
        assert site.writes(before[name]) == []
    assert done.stdout.count("min 3 -> 60") == 2


@pytest.mark.both
def test_installations_are_found_in_contexts_and_what_is_forbidden_is_said(sites, home):
    """The accounts of the lab may list app definitions in their own namespaces only."""
    env = {"HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "tree")}
    arguments = []
    for name, site in sites.items():
        options = {
            "plugin": "eduide.theia.installations",
            "kubeconfig": "~/.kube/theia",
            "contexts": [name],
            "namespaces": [site.namespace],
            "hostname": "theia_context",
        }
        file = home / f"{name}.theia.yml"
        file.write_text(yaml.safe_dump(options))
        arguments += ["-i", file]
    done = call(home, env, "eduide.theia.status", *arguments)
    assert done.returncode == 0, done.stdout
    assert all(f"{name} · status" in done.stdout for name in sites)

    everywhere = {key: value for key, value in options.items() if key != "namespaces"}
    file.write_text(yaml.safe_dump(everywhere))
    done = call(home, env, "eduide.theia.status", "-i", file)
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert f"context {name}: " in words
    assert "name the namespaces with the option namespaces" in words
