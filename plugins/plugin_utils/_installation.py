# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which installation a connection leads to."""

from __future__ import annotations

import typing as t

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import server_of


def installation_of(connection: t.Any) -> list[str] | None:
    """Address of the Kubernetes API and name of the namespace, however a connection names them; asks no server.

    None if that cannot be told, because there is no namespace or no such kubeconfig, for example. The first module that
    uses the connection says why.
    """
    namespace = connection.get("namespace") if isinstance(connection, dict) else None
    try:
        return [server_of(connection), str(namespace)] if namespace else None
    except EduideError:
        return None
