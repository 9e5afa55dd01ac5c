# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run would be allowed to write what check mode plans: a prediction that ends in a 403 is none."""

from __future__ import annotations

import json
import typing as t

from .._common.errors import EduideError, Forbidden, several
from .._kubernetes.kinds import Kind

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway


class Write(t.NamedTuple):
    """One request that a run would send."""

    verb: str
    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.verb} {self.kind.kind} {self.name!r}"

    @property
    def rule(self) -> dict[str, list[str]]:
        """As a Role has it."""
        return {"apiGroups": [self.kind.group], "resources": [self.kind.plural], "verbs": [self.verb]}


def foresee_refusal(gateway: Gateway, writes: t.Sequence[Write], *, persona: str) -> None:
    """Fail as the run would that may not write. Where the server does not tell, the run is left to find out."""

    def ask(write: Write) -> bool:
        # Nobody can be allowed to create by name.
        name = "" if write.verb == "create" else write.name
        return gateway.may(write.verb, write.kind.plural, write.kind.group, name=name)

    try:
        denied = [write for write, allowed in zip(writes, gateway.map(ask, writes), strict=True) if not allowed]
    except EduideError:
        return
    if not denied:
        return
    rules = [write.rule for write in denied]
    missing = ", ".join(dict.fromkeys(json.dumps(rule) for rule in rules))
    raise Forbidden(
        f"cannot {several([str(write) for write in denied])} in namespace {gateway.namespace!r}: this account is not "
        f"allowed to (403); add to a Role in that namespace: {missing}, or grant it with setup_access -e "
        f"persona={persona}",
        rule=rules[0],
        namespace=gateway.namespace,
    )
