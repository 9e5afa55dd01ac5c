# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: installation_of
short_description: Tell which installation a connection leads to
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Two connections lead to the same installation if they name the same namespace of the same Kubernetes API, however
    they name it, with different kubeconfigs or contexts for example.
  - Reads kubeconfigs and the C(K8S_AUTH_*) variables, and asks no server.
options:
  _input:
    description: Options that reach a cluster, as the modules of the collection take them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: See where a host leads
  ansible.builtin.debug:
    msg: "{{ theia_connection | eduide.theia.installation_of }}"
"""

RETURN = r"""
_value:
  description:
    - Address of the Kubernetes API and name of the namespace.
    - Null if that cannot be told, because there is no namespace or no such kubeconfig. The first module that uses the
      connection says why.
  type: list
  elements: str
  sample: ["https://kubernetes.example.org:6443", theia-prod]
"""

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import server_of


def installation_of(connection: t.Mapping[str, t.Any]) -> list[str] | None:
    namespace = connection.get("namespace")
    try:
        return [server_of(connection), str(namespace)] if namespace else None
    except EduideError:
        return None


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"installation_of": installation_of}
