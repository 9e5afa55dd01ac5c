# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin of pytest: the files that take longest begin first, or the other workers would wait for them at the end."""

from __future__ import annotations

import pytest

from tools.checkout import ROOT

_LONGEST = [
    ROOT / "tests" / "integration" / name
    for name in (
        "exams/test_playbooks.py",
        "docs/test_pages.py",
        "sessions/test_corpus.py",
        "sessions/test_stop_many.py",
        "exams/test_canary.py",
        "gitops/test_setup_gitops.py",
    )
]
_PLACES = {path: place for place, path in enumerate(_LONGEST)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by file; all others stay in their order."""
    items.sort(key=lambda item: _PLACES.get(item.path, len(_PLACES)))
