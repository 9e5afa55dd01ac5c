# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an installation keeps its operator; the documentation fragment of the same name describes the options."""

from __future__ import annotations

import typing as t

from .names import OPERATOR_DEPLOYMENT, OPERATOR_LEASE

if t.TYPE_CHECKING:
    from .._common.options import Spec


class Installation(t.NamedTuple):
    """Where an installation keeps its operator; charts of different generations disagree."""

    operator_deployment: str = OPERATOR_DEPLOYMENT
    operator_lease: str = OPERATOR_LEASE


def operator_argument_spec() -> Spec:
    return {
        "operator_deployment": {"type": "str", "default": OPERATOR_DEPLOYMENT},
        "operator_lease": {"type": "str", "default": OPERATOR_LEASE},
    }


def read_installation(params: t.Mapping[str, t.Any]) -> Installation:
    return Installation(params["operator_deployment"], params["operator_lease"])
