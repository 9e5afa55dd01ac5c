# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of people that must not leave the collection."""

from __future__ import annotations

from ansible_collections.eduide.theia.plugins.module_utils._common.pseudonyms import Pseudonyms


def test_pseudonyms_are_stable_under_one_key_and_differ_under_another():
    names = Pseudonyms("exam-2027")
    assert names.of("ada@example.org") == Pseudonyms("exam-2027").of("ada@example.org")
    assert names.of("ada@example.org") != Pseudonyms("other").of("ada@example.org")
    assert names.of("ada@example.org") != names.of("Ada@example.org")
    assert "ada" not in names.of("ada@example.org")
