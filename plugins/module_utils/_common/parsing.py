# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what others write, whatever it is."""

from __future__ import annotations

import json
import typing as t


def parse_json(text: str | bytes) -> t.Any:
    """The content of JSON. Whatever is none is a ``ValueError``, also what is nested too deep to be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
