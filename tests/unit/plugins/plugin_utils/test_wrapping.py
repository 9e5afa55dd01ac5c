# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of long lines on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import columns_of, plain
from ansible_collections.eduide.theia.plugins.plugin_utils._wrapping import WIDTH, wrapped

SENTENCE = (
    "warning: adhoc lasts from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC); nobody in it is "
    "stopped until then"
)
COMMAND = "ansible-playbook eduide.theia.pre_exam -i inventory.ini -e '" + "x" * 90 + " y'"
SCRIPT = ["(", "  patch=$(kubectl get pv a -o json | jq '" + "x " * 60 + "') &&", "kubectl get pv", ")"]


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        pytest.param(["java   3", "c     10"], ["  java   3", "  c     10"], id="short lines are as they are"),
        pytest.param(["x" * 98], ["  " + "x" * 98], id="100 columns are not too many"),
        pytest.param(["y " + "x" * 97], ["  y", "    " + "x" * 97], id="101 are"),
        pytest.param(["x" * 200], ["  " + "x" * 200], id="no word is broken"),
        pytest.param(
            [SENTENCE],
            [
                "  warning: adhoc lasts from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC);",
                "    nobody in it is stopped until then",
            ],
            id="a sentence",
        ),
        pytest.param(
            [f"    {SENTENCE[9:]}"],
            [
                "      adhoc lasts from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC); nobody",
                "        in it is stopped until then",
            ],
            id="what goes on keeps the indentation",
        ),
        pytest.param([f"Afterwards: {COMMAND}"], [f"  Afterwards: {COMMAND}"], id="a command stays behind its label"),
        pytest.param(
            [f"{SENTENCE}: {COMMAND}"],
            [
                "  warning: adhoc lasts from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC);",
                f"    nobody in it is stopped until then: {COMMAND}",
            ],
            id="a command behind a sentence",
        ),
        pytest.param(
            [f"{SENTENCE[:-11]} until then, whoever asks for it and in whichever way: {COMMAND}"],
            [
                "  warning: adhoc lasts from 2027-02-11 09:00 CET (08:00 UTC) to 2027-02-11 11:00 CET (10:00 UTC);",
                "    nobody in it is stopped until then, whoever asks for it and in whichever",
                f"    way: {COMMAND}",
            ],
            id="a command behind a long clause",
        ),
        pytest.param(SCRIPT, [f"  {line}" for line in SCRIPT], id="a script"),
        pytest.param(
            ["学" * 30 + " " + "生" * 30],
            ["  " + "学" * 30, "    " + "生" * 30],
            id="wide letters take two columns",
        ),
    ],
)
def test_lines_on_a_terminal(lines, shown):
    assert list(wrapped(lines, indent="  ")) == shown


PIECES = st.text(min_size=1, max_size=60).map(plain) | st.sampled_from(
    ["kubectl get pods", COMMAND, "学生", "   ", "("]
)


@given(st.lists(st.lists(PIECES, max_size=30).map(" ".join), max_size=4))
def test_no_word_is_lost_and_what_is_too_wide_cannot_be_broken(lines):
    shown = list(wrapped(lines, indent="  "))
    assert " ".join(shown).split() == " ".join(lines).split()
    in_script = "(" in lines
    for line in shown:
        one_piece = len(line.split()) == 1 or "kubectl" in line or "ansible-playbook" in line
        assert columns_of(line) <= WIDTH or one_piece or in_script
