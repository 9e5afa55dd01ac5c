# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m lab.run -- COMMAND`: run a command against an installation of its own, described by LAB_INVENTORY."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lab import ControlPlane, inventory


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if not command:
        print("usage: python -m lab.run -- COMMAND [ARG ...]", file=sys.stderr)
        return 2
    with (
        ControlPlane.attach_or_start() as control_plane,
        control_plane.installation() as installation,
        tempfile.TemporaryDirectory(prefix="eduide-theia-inventory-") as folder,
    ):
        variables = {**installation.env(), "LAB_INVENTORY": str(inventory.write(Path(folder), {"lab": installation}))}
        return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
