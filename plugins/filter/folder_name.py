# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: folder_name
short_description: Name the folder of a host
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Gives the name of the folder in which reports about a host are, the one of M(eduide.theia.theia_page), too. Names of
    hosts may be contexts of a kubeconfig, which hold slashes; no name leads out of the folder of reports, and
    such a name ends in a few characters that no other host has there.
options:
  _input:
    description: Name of the host.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say where reports about this host are
  ansible.builtin.debug:
    msg: "reports/{{ inventory_hostname | eduide.theia.folder_name }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
  sample: admin_theia.example.org-20482925
"""

import hashlib
import re
import typing as t


def folder_name(host: str) -> str:
    name = re.sub(r"[^\w.@-]", "_", host).lstrip(".")
    # Hosts whose names differ never share a folder.
    return name if name and name == host else f"{name}-{hashlib.sha256(host.encode()).hexdigest()[:8]}"


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"folder_name": folder_name}
