# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an operator leads an installation. Its Lease is watched for that: nobody's clock is compared with another."""

from __future__ import annotations

import typing as t

from .._common.errors import EduideError
from .._common.waiting import wait_until
from .._kubernetes.kinds import LEASE
from .operator import led_seconds, renewed

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .options import Installation


class Leadership(t.NamedTuple):
    leading: bool
    led_seconds: float | None
    """For how long, if the Lease tells."""
    holder: str | None = None
    """Who that is: a name that each process makes for itself."""


def leads(gateway: Gateway, installation: Installation) -> bool:
    """Whether an operator leads."""
    return watch(gateway, installation).leading


def watch(gateway: Gateway, installation: Installation, seen: t.Mapping[str, t.Any] | None = None) -> Leadership:
    """Read the Lease until it is renewed since it was seen, at the latest until it would have run out."""
    first = seen or gateway.get(LEASE, installation.operator_lease)
    if first is None:
        return Leadership(False, None)
    patience = float((first.get("spec") or {}).get("leaseDurationSeconds") or 10) + 1
    last, moved = wait_until(
        lambda: gateway.get(LEASE, installation.operator_lease),
        lambda second: renewed(first, second),
        timeout_seconds=patience,
        interval_seconds=0.5,
    )
    return Leadership(moved, led_seconds(last) if moved else None, _holder(last))


def holder(gateway: Gateway, installation: Installation) -> str | None:
    """Who leads. Where it is another one later, the operator has ended: it leaves no other trace of that."""
    return _holder(gateway.get(LEASE, installation.operator_lease))


def succeeded(gateway: Gateway, installation: Installation, before: str | None) -> bool:
    """Whether another operator leads than before; where nobody could tell, none does."""
    try:
        return before is not None and holder(gateway, installation) not in (None, before)
    except EduideError:
        return False


def _holder(lease: t.Mapping[str, t.Any] | None) -> str | None:
    return t.cast("str | None", ((lease or {}).get("spec") or {}).get("holderIdentity"))
