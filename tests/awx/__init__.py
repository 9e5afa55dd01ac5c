# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A strict stand-in of the AWX API, and the way in which AWX runs a playbook. Test equipment; nothing of it ships.

It answers as AWX 24.6.1 does for the objects that the role `awx_objects` makes, and refuses what AWX refuses.
"""

from __future__ import annotations
