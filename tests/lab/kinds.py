# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API serves the kinds that an installation is made of."""

from __future__ import annotations

import typing as t

_VERSIONS = {
    "pods": "",
    "services": "",
    "configmaps": "",
    "events": "",
    "persistentvolumeclaims": "",
    "resourcequotas": "",
    "secrets": "",
    "deployments": "apps/v1",
    "replicasets": "apps/v1",
    "leases": "coordination.k8s.io/v1",
    "httproutes": "gateway.networking.k8s.io/v1",
    "sessions": "theia.cloud/v1beta8",
    "workspaces": "theia.cloud/v1beta5",
}
_APP_DEFINITIONS = {"fork": "theia.cloud/v1beta11", "upstream": "theia.cloud/v1beta10"}


class Namespaced(t.NamedTuple):
    """Paths of one namespace, always of the version that the variant of the lab stores."""

    namespace: str
    api_variant: str

    @property
    def app_definition_version(self) -> str:
        return _APP_DEFINITIONS[self.api_variant]

    def path(self, plural: str, name: str = "") -> str:
        version = self.app_definition_version if plural == "appdefinitions" else _VERSIONS[plural]
        root = f"/apis/{version}" if version else "/api/v1"
        return f"{root}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")
