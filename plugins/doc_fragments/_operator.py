# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Where an installation keeps its operator."""

    DOCUMENTATION = r"""
options:
  operator_deployment:
    description:
      - Name of the operator's Deployment. Its arguments tell how the installation runs.
    type: str
    default: operator-deployment
  operator_lease:
    description:
      - Name of the Lease that the leading operator renews.
    type: str
    default: theia-cloud-operator-leaders
"""
