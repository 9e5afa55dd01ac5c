# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the molecule scenarios, all of them whatever fails, and leave reports like the other tests.

Scenarios of one installation run one by one, since a sweep looks at everybody. Without an installation to use there are
two, side by side, with half of the scenarios each: a playbook that starts keeps one processor busy.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from xml.etree import ElementTree

from tools import side_by_side
from tools.checkout import REPORTS, ROOT
from tools.side_by_side import Job

INSTALLATION = "LAB_INVENTORY"


def run(scenarios: list[str]) -> int:
    """Run these scenarios on the installation of LAB_INVENTORY, and fail if one did."""
    suite = ElementTree.Element("testsuite", name="molecule")
    failed = 0
    for scenario in scenarios:
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
    report = REPORTS / "molecule" / f"{scenarios[0]}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(report, encoding="utf-8", xml_declaration=True)
    print(f"molecule: {len(suite) - failed} scenarios passed, {failed} failed")
    return 1 if failed else 0


def main(chosen: list[str]) -> int:
    """Run the chosen scenarios, or all of them."""
    scenarios = chosen or sorted(path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml"))
    if INSTALLATION in os.environ:
        return run(scenarios)
    this, on_a_lab = [sys.executable, "-m", "tools.run_molecule"], [sys.executable, "-m", "lab.run", "--"]
    halves = [half for half in (scenarios[::2], scenarios[1::2]) if half]
    jobs = {", ".join(half): Job([*on_a_lab, *this, *half], ROOT, dict(os.environ)) for half in halves}
    return 1 if side_by_side.run(jobs) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
