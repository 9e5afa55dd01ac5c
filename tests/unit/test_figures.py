# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the library are found, on whatever it looks like today."""

from __future__ import annotations

from tools import figures


def test_every_figure_is_printed(capsys):
    assert figures.main() == 0
    printed = capsys.readouterr().out
    assert "circles: 0" in printed
    limited = [line for line in printed.splitlines() if " over the limit" in line]
    assert len(limited) == 4
    assert [line for line in limited if not line.endswith(" 0 over the limit")] == []
    assert "are alike, 70% or more: 0 (none)" in printed
    for kind in figures.EXAMPLES:
        assert f"files touched by {kind}, as " in printed
    # An example that nothing of the product knows by this name measures nothing.
    assert "is known to: 0" not in printed
