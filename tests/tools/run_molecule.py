# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the molecule scenarios one by one, all of them whatever fails, and leave a report like the other tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from xml.etree import ElementTree

from tools.checkout import REPORTS, ROOT


def main() -> int:
    """Run every scenario, and fail if one did."""
    suite = ElementTree.Element("testsuite", name="molecule")
    failed = 0
    for settings in sorted(ROOT.glob("extensions/molecule/*/molecule.yml")):
        scenario = settings.parent.name
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="eduide-theia-molecule-") as folder:
            # Molecule remembers in it what is prepared, and would believe that of the next installation too.
            environment = {**os.environ, "MOLECULE_EPHEMERAL_DIRECTORY": folder}
            command = ["molecule", "test", "--scenario-name", scenario]
            done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        seconds = f"{time.monotonic() - started:.1f}"
        case = ElementTree.SubElement(suite, "testcase", classname="molecule", name=scenario, time=seconds)
        if done.returncode:
            ElementTree.SubElement(case, "failure", message=f"molecule ended with {done.returncode}")
            failed += 1
    suite.attrib |= {"tests": str(len(suite)), "failures": str(failed)}
    report = REPORTS / "molecule" / "scenarios.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(report, encoding="utf-8", xml_declaration=True)
    print(f"molecule: {len(suite) - failed} scenarios passed, {failed} failed")
    return 1 if failed or not len(suite) else 0


if __name__ == "__main__":
    sys.exit(main())
