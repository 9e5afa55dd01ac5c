# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, for whoever wants to see a page as people see it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "chrome")
# As high as the page of an exam is at such a width.
HEIGHTS = {1280: 2600, 390: 5200}


def find_browser() -> str | None:
    """The program, if this machine has one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def screenshot(browser: str, page: Path, picture: Path, *, width: int, dark: bool) -> None:
    size = f"--window-size={width},{HEIGHTS[width]}"
    _run(browser, page, f"--screenshot={picture}", size, "--hide-scrollbars", *_scheme(dark))


def document(browser: str, page: Path, *, dark: bool) -> str:
    """The document of a page once its scripts have run."""
    return _run(browser, page, "--dump-dom", *_scheme(dark))


def _scheme(dark: bool) -> list[str]:
    return [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]


def _run(browser: str, page: Path, *options: str) -> str:
    with tempfile.TemporaryDirectory(prefix="eduide-theia-browser-") as profile:
        # The page is our own, and in a container there is no sandbox to have.
        own = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        command = [browser, *own, *options, page.resolve().as_uri()]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
