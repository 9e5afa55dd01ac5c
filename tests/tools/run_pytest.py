# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the unit or the integration tests with every Python there is.

The lab tests take minutes and test the same control plane whatever Python asks, so the older Python runs only those
that are marked "both".
"""

from __future__ import annotations

import os
import subprocess
import sys

from tools.checkout import REPORTS, ROOT, environments


def main(part: str, arguments: list[str]) -> int:
    """Run the tests of one folder under tests/, and fail if they fail anywhere."""
    failed = []
    for name, python in environments().items():
        selection = ["-m", "both"] if part == "integration" and name == "oldest" else []
        command = [str(python), "-m", "pytest", f"tests/{part}", f"--junitxml={REPORTS / part / name}.xml"]
        print(f"--- tests/{part} with .venv/{name}", flush=True)
        # Programs that the tests start must come from the same environment as the tests.
        environment = {**os.environ, "PATH": os.pathsep.join((str(python.parent), os.environ["PATH"]))}
        if subprocess.run([*command, *selection, *arguments], cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"tests/{part} failed with: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
