# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m lab.programs`: get the programs and print where each is and came from."""

from __future__ import annotations

import sys

from lab.programs import ProgramsError, programs


def main() -> int:
    try:
        found = programs().found
    except ProgramsError as exc:
        print(exc, file=sys.stderr)
        return 1
    for name, one in found.items():
        print(f"{name:24}{one.version:10}{one.path}  {one.source}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
