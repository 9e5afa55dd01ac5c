# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A local Theia Cloud: a real Kubernetes control plane, and stand-ins for the platform's own programs."""

from __future__ import annotations

from lab.api import Api, ApiError, LabError
from lab.control_plane import ControlPlane
from lab.identities import Identity
from lab.installation import Installation
from lab.setup import NodeSize

__all__ = ["Api", "ApiError", "ControlPlane", "Identity", "Installation", "LabError", "NodeSize"]
