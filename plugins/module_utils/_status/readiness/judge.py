# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an exam may come: all checks, and what follows from them."""

from __future__ import annotations

import typing as t

from . import exams, installation, pools
from .check import RESULTS, Check, Code, Facts, Rule

RULES: tuple[Rule, ...] = (*exams.RULES, *pools.RULES, *installation.RULES)


def assess(facts: Facts, codes: t.Collection[Code]) -> list[Check]:
    """Those that were asked for, the gravest first, and otherwise in the order of the rules."""
    found = [check for rule in RULES for check in rule(facts) if check.code in codes]
    return sorted(found, key=lambda check: RESULTS.index(check.result))


def is_ready(checks: t.Iterable[Check]) -> bool:
    """What could not be read is never go."""
    return all(check.result in ("go", "warning") for check in checks)
