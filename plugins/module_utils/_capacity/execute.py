# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a capacity plan, and planning anew what another client wrote to in between."""

from __future__ import annotations

import typing as t

from .._common.errors import Conflict, EduideError
from .._platform.leader import leads
from .._safety.permission import foresee_refusal
from .care import Aftermath, Surroundings
from .prepare import leaderless, plan_in_quiet
from .send import Send, carry_out, unless_claimed, writes_of

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .job import Job
    from .plan import Change
    from .view import CapacityView

# The first plan, and three more after another client wrote in between.
ROUNDS = 4


class Execution(t.NamedTuple):
    """What became of the plan."""

    snapshot: CapacityView
    changes: dict[str, Change]
    sent: frozenset[str]
    """Whose patch has arrived."""
    failures: dict[str, str]
    conflicts: dict[str, str]
    """Who has to be planned again, because another client wrote in between; why."""
    ledger_written: bool
    lost: frozenset[str] = frozenset()
    """Of these conflicts, those whose patch may have arrived, for its answer did not."""
    aftermath: Aftermath = Aftermath()

    @property
    def problems(self) -> dict[str, str]:
        """What went wrong, by app definition."""
        found = dict(self.aftermath.failures)
        return {**found, **{n: f"{text}; {found[n]}" if n in found else text for n, text in self.failures.items()}}


def run(gateway: Gateway, send: Send, job: Job, *, check_mode: bool) -> Execution:
    """Plan and carry out; when another client writes in between, look again and plan again.

    So it is where the answer to a write got lost, for every write through the cluster is guarded: the next look shows
    whether it arrived, and if it did not, it can be sent again.
    An error ends the run as long as nothing has been changed. After that it belongs to the app definitions that are
    still open, so that nobody is told that nothing has happened.
    """
    done: Execution | None = None
    ledger_lost = False
    for remaining in reversed(range(ROUNDS)):
        try:
            done = _round(gateway, send, job, done, check_mode=check_mode)
        except Conflict as exc:
            if done is not None:
                done = done._replace(conflicts=dict.fromkeys(done.conflicts, str(exc)))
            elif not remaining:
                raise
            continue
        except EduideError as exc:
            if done is None and exc.uncertain and remaining:
                ledger_lost = True
                continue
            if done is None:
                raise
            open_still = {name: why if name in done.lost else exc.advice for name, why in done.conflicts.items()}
            return done._replace(failures={**done.failures, **open_still})
        done = done._replace(ledger_written=done.ledger_written or ledger_lost)
        if not done.conflicts:
            return done
    done = t.cast("Execution", done)
    told = {
        name: why
        if name in done.lost
        else f"another client changed it {ROUNDS} times while this run planned it anew: {why}; run the task again"
        for name, why in done.conflicts.items()
    }
    return done._replace(failures={**done.failures, **told})


def _round(
    gateway: Gateway,
    send: Send,
    job: Job,
    earlier: Execution | None,
    *,
    check_mode: bool,
) -> Execution:
    installation = job.installation
    snapshot, changes = plan_in_quiet(gateway, job, check_mode=check_mode)
    planned = {change.app_definition.name: change for change in changes}
    operator = snapshot.operator
    followed = [name for name, change in planned.items() if change.patch and operator and operator.eager]
    wanted = job.require_leader and any(c.effect.starts or c.effect.rebuilds for c in changes)
    leading = (wanted or (bool(followed) and not check_mode)) and leads(gateway, installation)
    if wanted and not leading:
        raise leaderless(gateway, installation)
    # The service knows no versions, so there a touch would hold nobody up.
    guarded = job.terms.api == "kubernetes"
    if check_mode:
        noted = any(change.ledger_before != change.ledger_after for change in changes)
        foresee_refusal(gateway, writes_of(snapshot, changes, guarded=guarded), persona="exam_manager")
        return Execution(snapshot, planned, frozenset(), {}, {}, noted)
    around = None
    if operator and leading and followed:
        around = Surroundings(gateway, installation, job.care, followed, keycloak=operator.keycloak)
    sent = carry_out(gateway, unless_claimed(gateway, installation, send), snapshot, changes, guarded=guarded)
    # A patch that nobody answered may have arrived.
    reached = [name for name in followed if name not in sent.conflicts or name in sent.lost]
    aftermath = around.after(reached) if around else Aftermath()
    done = Execution(snapshot, planned, *sent, aftermath)
    if earlier is None:
        return done
    # What an earlier round sent is what this run did about an app definition; now it only looks unchanged.
    arrived = earlier.sent | {name for name in earlier.lost if name in planned and not planned[name].patch}
    return done._replace(
        changes={**planned, **{name: earlier.changes[name] for name in arrived}},
        sent=done.sent | arrived,
        ledger_written=done.ledger_written or earlier.ledger_written,
        aftermath=earlier.aftermath.joined(aftermath),
    )
