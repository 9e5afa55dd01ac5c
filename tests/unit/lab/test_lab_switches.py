# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches of `python -m lab up`, and where they end."""

from __future__ import annotations

from lab.__main__ import installation_switches, lab_switches, parser
from lab.installation import Settings
from lab.setup import Options

OTHERS = {
    "--api": "upstream",
    "--ready-scale": "0.5",
    "--start": "lazy",
    "--operator": "april",
    "--keycloak": "off",
    "--minute-seconds": "2",
    "--sessions-per-user": "0",
}


def started(*switches):
    """What a lab and its installation are started with."""
    arguments = parser().parse_args(["up", *switches])
    return Options(**lab_switches(arguments)), Settings(**installation_switches(arguments))


def test_each_switch_is_a_choice_of_the_lab_or_of_its_installation():
    options, settings = started(*(word for pair in OTHERS.items() for word in pair))
    assert options == Options(api="upstream", ready_scale=0.5)
    assert settings == Settings(start="lazy", operator="april", keycloak=False, minute_seconds=2.0, sessions_per_user=0)


def test_no_switch_is_left_out():
    given = vars(parser().parse_args(["up"])).keys() - {"run", "detach"}
    assert given == {name.removeprefix("--").replace("-", "_") for name in OTHERS}


def test_without_switches_a_lab_is_as_tests_have_it():
    assert started() == (Options(), Settings())
