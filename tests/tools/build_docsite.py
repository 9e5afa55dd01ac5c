# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the documentation site in build/docsite/html; a warning is an error."""

from __future__ import annotations

import shutil
import subprocess
import sys

from tools.checkout import ROOT

SITE = ROOT / "build" / "docsite"


def main() -> int:
    source = SITE / "rst"
    shutil.rmtree(SITE, ignore_errors=True)
    # antsibull-docs writes only where nobody else may.
    source.mkdir(parents=True, mode=0o755)
    subprocess.run(
        [
            *("antsibull-docs", "--config-file", ROOT / "tests" / "tools" / "antsibull.cfg", "collection"),
            *("--use-current", "--fail-on-error", "--squash-hierarchy", "--no-add-antsibull-docs-version"),
            *("--dest-dir", source, "eduide.theia"),
        ],
        check=True,
    )
    built = subprocess.run(
        [
            *("sphinx-build", "-b", "html", "-W", "--keep-going", "-q", "-j", "2"),
            *("-c", ROOT / "docs" / "docsite", "-d", SITE / "doctrees", source, SITE / "html"),
        ],
        check=False,
    )
    if built.returncode == 0:
        print(f"The documentation is in {(SITE / 'html' / 'index.html').relative_to(ROOT)}.")
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
