# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of options on which ansible-core itself would end with a Python error."""

from __future__ import annotations

import typing as t

Spec = t.Mapping[str, t.Mapping[str, t.Any]]
# No option means anything beyond it: as seconds it is longer than anybody waits, as instances more than there are.
MOST = 10**9


def find_unreadable(spec: Spec, params: t.Mapping[str, t.Any]) -> str | None:
    """The first option that cannot be read, and why; None if all can."""
    return next(filter(None, (_problem(name, params.get(name), option) for name, option in spec.items())), None)


def _problem(name: str, value: t.Any, option: t.Mapping[str, t.Any]) -> str | None:
    if isinstance(value, (list, tuple)):
        return _problem_of_list(name, value, option)
    within = option.get("options") or {}
    if isinstance(value, t.Mapping):
        inside = (_problem(f"{name}.{key}", item, within.get(key, {})) for key, item in value.items())
        return next(filter(None, inside), None)
    if option.get("type") == "int" and not _is_reasonable(value):
        return f"{name}: it has to be a whole number between -{MOST} and {MOST}"
    if within and value is not None and not isinstance(value, str):
        return f"{name}: it has to be a dictionary with {', '.join(within)}"
    return None


def _problem_of_list(name: str, value: t.Sequence[t.Any], option: t.Mapping[str, t.Any]) -> str | None:
    if option.get("options") and option.get("type") != "list":
        return f"{name}: it has to be one dictionary, not a list"
    if option.get("type") == "int":
        return f"{name}: it has to be one whole number, not a list"
    if option.get("options") and None in value:
        return f"{name}: one of its entries is empty; fill it or take it away"
    inner = {**option, "type": option.get("elements")}
    return next(filter(None, (_problem(name, item, inner) for item in value)), None)


def _is_reasonable(value: t.Any) -> bool:
    """Whether it is a number of a size that something can be done with. What is none is ansible-core's to refuse."""
    try:
        return abs(float(value)) <= MOST
    except OverflowError:
        return False
    except (TypeError, ValueError):
        return True
