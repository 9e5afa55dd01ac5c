# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that others wrote commands the terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.plain import (
    LONGEST_LINE,
    MOST_LINES,
    harmless,
    plain,
    plain_texts,
    shown,
)

NASTY = {
    "colour": ("a\x1b[31mb", "a [31mb"),
    "title": ("a\x1b]0;owned\x07b", "a ]0;owned b"),
    "bell": ("a\x07b", "a b"),
    "carriage return": ("a\rb", "a b"),
    "forged line": ("a\nok: [lab]", "a ok: [lab]"),
    "separator of lines": ("a\u2028b\u2029c\x85d", "a b c d"),
    "C1 sequence": ("a\x9b31mb\x9d0;c", "a 31mb 0;c"),
    "delete": ("a\x7f\x08b", "a  b"),
    "right-to-left": ("a\u202eb\u202c\u2066c\u2069\u200f", "a b  c  "),
    "invisible": ("a\u200bb\ufeff", "a b "),
    "half a character": ("a\udcffb", "a b"),
    "null": ("a\x00b", "a b"),
}
GOOD = ["ada@tum.de", "Übung 1 – Gruppe \u201eA\u201c", "日本語", "a  b", "🎓", ""]


@pytest.mark.parametrize(("text", "shown"), NASTY.values(), ids=NASTY.keys())
def test_what_would_command_a_terminal_is_a_space(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize("text", GOOD)
def test_what_people_write_stays(text):
    assert plain(text) == text


@given(st.text())
def test_whatever_it_was_it_is_one_line_of_the_same_length_that_can_be_shown(text):
    assert plain(text).isprintable()
    assert len(plain(text)) == len(text)


def test_all_texts_of_a_structure_are_made_plain_and_nothing_else_changes():
    value = {"a\x1b": ["b\x07", {"c": ("d\r", 3, None, True)}]}
    assert plain_texts(value) == {"a ": ["b ", {"c": ["d ", 3, None, True]}]}


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_of_what_is_shown_as_json_no_character_commands_a_terminal(value):
    written = json.dumps(harmless(value), ensure_ascii=False)
    assert not [c for c in written if unicodedata.category(c) == "Cc" and c != "\x7f"]
    assert not {unicodedata.bidirectional(c) for c in written}.intersection(
        ["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"]
    )


@pytest.mark.parametrize("text", [*GOOD, "two\nlines", "no\u00a0break", "a\u200db"])
def test_what_commands_no_terminal_stays_in_a_result(text):
    assert harmless({text: [text, 3, None]}) == {text: [text, 3, None]}


def test_a_report_is_not_endless():
    long, many = shown(["x" * (LONGEST_LINE + 5)]), shown(["a\n"] * (MOST_LINES + 2))
    assert long == [f"{'x' * LONGEST_LINE} … (5 more characters)"]
    assert many == [*["a "] * MOST_LINES, "… (2 more lines)"]
