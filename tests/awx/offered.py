# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of a project AWX offers as playbooks."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path, PurePath

_PLAY = re.compile(rb"^\s*(-\s+)?(hosts|(ansible\.builtin\.)?(include|import_playbook)):", re.MULTILINE)
_VAULT = re.compile(rb"^\$ANSIBLE_VAULT;")
_LEFT_OUT = {"roles", "tasks", "group_vars", "host_vars"}


def offered(root: Path, files: t.Iterable[PurePath] | None = None) -> list[str]:
    """The list of a project's playbooks; `files` are those of the project, all below its folder by default."""
    paths = _walk(root) if files is None else files
    return sorted((str(path) for path in paths if _is_offered(root, path)), key=str.lower)


def _walk(root: Path) -> t.Iterator[PurePath]:
    for folder, _folders, names in os.walk(root):  # links to folders are not followed
        yield from (PurePath(folder, name).relative_to(root) for name in names)


def _is_offered(root: Path, path: PurePath) -> bool:
    if path.suffix not in {".yml", ".yaml"} or any(part.startswith(".") for part in path.parts):
        return False
    if _LEFT_OUT.intersection(path.parts[:-1]):
        return False
    content = (root / path).read_bytes()
    return bool(_PLAY.search(content) or _VAULT.match(content))
