# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs this, for histories."""

from __future__ import annotations

import getpass
import os
import socket


def who() -> str:
    """The login name and the host."""
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    """In a container the uid often is all there is."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return f"uid-{os.getuid()}"
