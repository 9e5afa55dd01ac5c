# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: installations
short_description: Find the installations of Theia Cloud in clusters
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Makes a host of each namespace that has app definitions, in the contexts of a kubeconfig, and puts it into the group
    C(theia_installations).
  - A host gets C(theia_connection), which the playbooks of this collection reach it by, and C(theia_context),
    C(theia_namespace), C(theia_server) and C(theia_app_definitions), the names of its app definitions.
  - A variable of a host hides what group variables say, so options that the connection needs beside these belong into
    O(compose), see the examples. Where a job injects the address of its cluster, as AWX does, leave out
    O(kubeconfig) and O(contexts).
  - Only lists app definitions, in all namespaces or in O(namespaces), and writes nothing.
options:
  plugin:
    description: Name of this plugin. The file has to end with C(theia.yml) or C(theia.yaml).
    type: str
    required: true
    choices: [eduide.theia.installations]
  kubeconfig:
    description:
      - Path of a kubeconfig. Without it, E(K8S_AUTH_KUBECONFIG) is used, then E(KUBECONFIG), then C(~/.kube/config).
    type: str
  contexts:
    description: Names of contexts. Without them, the current one is looked into.
    type: list
    elements: str
    default: []
  namespaces:
    description: Namespaces to look into, for an account that may not list app definitions everywhere.
    type: list
    elements: str
    default: []
  hostname:
    description:
      - Expression for the name of a host. If contexts have namespaces of the same name, it needs C(theia_context).
    type: str
    default: theia_namespace
  timeout_seconds:
    description: How long one request may take, in seconds.
    type: int
    default: 30
extends_documentation_fragment:
  - constructed
  - inventory_cache
"""

EXAMPLES = r"""
# theia.yml: everything that the current context of ~/.kube/config leads to
plugin: eduide.theia.installations

---
# both-clusters.theia.yml: two clusters, kept for ten minutes, with the service's address where it is needed
plugin: eduide.theia.installations
kubeconfig: ~/.kube/theia
contexts: [production, staging]
hostname: theia_context ~ '-' ~ theia_namespace
keyed_groups:
  - key: theia_context
    prefix: cluster
compose:
  theia_connection: >-
    theia_connection | combine({'service_url': 'https://service.' ~ theia_namespace ~ '.example.org'})
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/theia-inventory
cache_timeout: 600
"""

import os
import typing as t

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError, Forbidden
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import server_of
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import APP_DEFINITION

GROUP = "theia_installations"
Variables = dict[str, t.Any]


def host_variables(connection: Variables, server: str, found: t.Iterable[tuple[str, str]]) -> list[Variables]:
    """The variables of each namespace, from the namespaces and names of app definitions."""
    names: dict[str, list[str]] = {}
    for namespace, name in found:
        names.setdefault(namespace, []).append(name)
    return [
        {
            "theia_connection": {**connection, "namespace": namespace},
            "theia_context": connection.get("context"),
            "theia_namespace": namespace,
            "theia_server": server,
            "theia_app_definitions": sorted(names[namespace]),
        }
        for namespace in sorted(names)
    ]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Hosts are installations."""

    NAME = "eduide.theia.installations"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(("theia.yml", "theia.yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        inventory.add_group(GROUP)
        for variables in self._cached(self.get_cache_key(path), wanted=cache):
            self._add(variables)

    def _cached(self, key: str, *, wanted: bool) -> list[Variables]:
        kept = self.get_option("cache")
        if kept and wanted and key in self._cache:
            return t.cast("list[Variables]", self._cache[key])
        found = [variables for context in self.get_option("contexts") or [None] for variables in self._look(context)]
        if kept:
            self._cache[key] = found
        return found

    def _look(self, context: str | None) -> list[Variables]:
        """The installations behind a context."""
        kubeconfig = self.get_option("kubeconfig")
        path = os.path.abspath(os.path.expanduser(kubeconfig)) if kubeconfig else None
        options = {"kubeconfig": path, "context": context}
        connection = {name: value for name, value in options.items() if value is not None}
        params = {**connection, "timeout_seconds": self.get_option("timeout_seconds")}
        where = f"context {context}" if context else "current context"
        try:
            return host_variables(connection, server_of(connection), self._app_definitions(params))
        except Forbidden as exc:
            raise AnsibleParserError(
                f"{where}: {exc}; name the namespaces with the option namespaces, or grant list for appdefinitions of "
                "theia.cloud in the whole cluster"
            ) from None
        except EduideError as exc:
            raise AnsibleParserError(f"{where}: {exc}") from None

    def _app_definitions(self, params: Variables) -> t.Iterator[tuple[str, str]]:
        namespaces = self.get_option("namespaces")
        for namespace in namespaces or ["default"]:
            gateway = connect.connect({**params, "namespace": namespace})
            yield from gateway.list(APP_DEFINITION, project=_place, everywhere=not namespaces)

    def _add(self, variables: Variables) -> None:
        inventory: t.Any = self.inventory
        name = str(self._compose(self.get_option("hostname"), variables))
        if name in inventory.hosts:
            raise AnsibleParserError(
                f"two installations are called {name}; put theia_context into the option hostname, such as "
                "theia_context ~ '-' ~ theia_namespace"
            )
        inventory.add_host(name, group=GROUP)
        for variable, value in variables.items():
            inventory.set_variable(name, variable, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        composed = inventory.get_host(name).get_vars()
        self._add_host_to_composed_groups(self.get_option("groups"), composed, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), composed, name, strict=strict)


def _place(app_definition: Variables) -> tuple[str, str]:
    metadata = app_definition["metadata"]
    return metadata["namespace"], metadata["name"]
