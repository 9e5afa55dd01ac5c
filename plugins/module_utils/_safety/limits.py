# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much one run may end: where a mistyped selection finds more than that, nothing is ended at all."""

from __future__ import annotations

import typing as t

from .._common.errors import Misconfigured

# Below this number of objects a share says nothing: one of three is 33 %.
SMALLEST_SHARE = 5


class Caps(t.NamedTuple):
    option: str
    """What the caller knows C(most) as."""
    most: int = 50
    percent: int = 20

    def takes_any_share(self, number: int) -> bool:
        """Whether so many things may be ended however many there are of them."""
        return self.percent >= 100 or number < SMALLEST_SHARE

    def exceeded(self, number: int, part: int, whole: int, *, things: str, counted: str, ended: str) -> str | None:
        """Why so many things must not be ended, if they must not; a part of the whole is what counts for the share."""
        if number > self.most:
            return f"{number} {things} would be {ended}, and {self.option} is {self.most}: nothing was {ended}"
        if part >= SMALLEST_SHARE and part * 100 > whole * self.percent:
            return (
                f"{part} of {whole} {counted} ({part * 100 / whole:.0f} %) would be {ended}, and max_percent is "
                f"{self.percent}: nothing was {ended}"
            )
        return None


def caps_argument_spec(option: str) -> dict[str, dict[str, t.Any]]:
    usual = Caps(option)
    return {
        option: {"type": "int", "default": usual.most},
        "max_percent": {"type": "int", "default": usual.percent},
        "max_failures": {"type": "int"},
    }


def read_caps(params: t.Mapping[str, t.Any], option: str) -> Caps:
    """The caps, once they and what else bounds a run are known to make sense."""
    if not 0 <= params["max_percent"] <= 100:
        raise Misconfigured(f"max_percent is {params['max_percent']}; it is a share from 0 to 100")
    for name, least in ((option, 0), ("max_failures", 0), ("concurrency", 1)):
        if params[name] is not None and params[name] < least:
            raise Misconfigured(f"{name} is {params[name]}; it has to be {least} or more")
    return Caps(option, params[option], params["max_percent"])
