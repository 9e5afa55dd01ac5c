# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kubernetes_options
short_description: Give the modules of kubernetes.core the connection of an installation
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Keeps the options of a connection with which a cluster is reached, under the names that C(kubernetes.core) has for
    them, and drops those that its modules refuse, such as the address of the REST service.
  - The namespace is dropped, too, for objects name theirs.
options:
  _input:
    description: Options that reach an installation, as the modules of this collection take them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See the Deployments of an installation
  kubernetes.core.k8s_info:
    api_version: apps/v1
    kind: Deployment
    namespace: "{{ theia_connection.namespace }}"
  module_defaults:
    group/kubernetes.core.k8s: "{{ theia_connection | eduide.theia.kubernetes_options }}"
"""

RETURN = r"""
_value:
  description: The options that reach the cluster.
  type: dict
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.options import kube_argument_spec

_OURS = ("namespace", "timeout_seconds")


def kubernetes_options(connection: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    spec = {name: option for name, option in kube_argument_spec().items() if name not in _OURS}
    known = {*spec, *(alias for option in spec.values() for alias in option.get("aliases", ()))}
    return {name: value for name, value in connection.items() if name in known}


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"kubernetes_options": kubernetes_options}
