# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be right about the installation itself, whatever exams there are."""

from __future__ import annotations

import json
import typing as t

from ..._common.sentences import counted
from ..._safety.clocks import FARTHEST
from .check import EXAM_PLAYBOOKS, Check, Code, Facts, Result, Rule, unknown

if t.TYPE_CHECKING:
    from ..._platform.operator import Operator
    from ..._platform.rights import Right

# The versions that this release reads and writes; of several, any one will do.
_VERSIONS: t.Mapping[str, tuple[str, ...]] = {
    "sessions": ("v1beta8",),
    "workspaces": ("v1beta5",),
    "appdefinitions": ("v1beta11", "v1beta10"),
}
_NEAR_FULL = 80


def kinds(facts: Facts) -> t.Iterator[Check]:
    served = {plural: facts.versions.get(plural) or () for plural in _VERSIONS}
    told = ", ".join(f"{plural} {' '.join(versions)}" for plural, versions in served.items() if versions)
    if silent := [plural for plural, versions in served.items() if not versions]:
        yield unknown("kinds", f"the API server does not say in which versions it has {' and '.join(silent)}")
        return
    lacking = [
        f"{plural} {' or '.join(wanted)}" for plural, wanted in _VERSIONS.items() if not set(wanted) & {*served[plural]}
    ]
    if lacking:
        remedy = "update the custom resource definitions of Theia Cloud"
        yield Check("kinds", "no_go", f"the cluster has {told}, and lacks {' and '.join(lacking)}", remedy)
    else:
        yield Check("kinds", "go", told)


def rights(facts: Facts) -> t.Iterator[Check]:
    if facts.denied is None:
        yield unknown("rights", facts.unread("rights") or "the API server does not say what we may do")
        return
    alike: dict[tuple[Right, ...], list[str]] = {}
    for playbook, denied in facts.denied.items():
        if lacking := tuple(right for right in denied if right.needed):
            alike.setdefault(lacking, []).append(playbook)
    for lacking, playbooks in alike.items():
        result: Result = "no_go" if set(playbooks) & set(EXAM_PLAYBOOKS) else "warning"
        wide = [right for right in lacking if right.everywhere]
        rules = json.dumps([right.rule for right in lacking])
        role = "ClusterRole" if len(wide) == len(lacking) else "Role, and a ClusterRole for the whole cluster"
        evidence = f"{', '.join(playbooks)}: not allowed to {'; '.join(map(str, lacking))}"
        yield Check("rights", result, evidence, f"add to a {role if wide else 'Role'}: {rules}")
    unfit = {playbook for playbooks in alike.values() for playbook in playbooks}
    if fit := {playbook: denied for playbook, denied in facts.denied.items() if playbook not in unfit}:
        less = sorted({str(right) for denied in fit.values() for right in denied})
        told = f"; without {', '.join(less)} some say less" if less else ""
        yield Check("rights", "go", f"{counted(len(fit), 'playbook')} may run{told}")


def operator(facts: Facts) -> t.Iterator[Check]:
    found, leading = facts.snapshot.operator, facts.snapshot.leading
    if found is None:
        if reason := facts.unread("deployments", "operator"):
            yield unknown("operator", reason)
        else:
            yield Check(
                "operator",
                "no_go",
                "its Deployment was not found",
                "name it with operator_deployment, or check the namespace",
            )
        return
    if leading is None:
        yield unknown("operator", facts.unread("lease") or "nobody watched its Lease")
    elif leading:
        yield Check("operator", "go", "one leads: its Lease is renewed")
    else:
        evidence = "none leads: its Lease was not renewed while we watched"
        yield Check("operator", "no_go", evidence, "look at the pods of its Deployment, and at their log")
    yield from _arguments(found, facts)


def _arguments(found: Operator, facts: Facts) -> t.Iterator[Check]:
    apps = facts.snapshot.lists.app_definitions or ()
    wanted = sorted({app.name for app in apps if app.min_instances} | set(_to_be_warm(facts)))
    bad = False
    code: Code = "arguments"
    if not found.eager and wanted:
        bad = True
        evidence = f"the operator runs without --eagerStart, so {', '.join(wanted)} cannot have warm instances"
        yield Check(code, "no_go", evidence, "add --eagerStart to the arguments of its Deployment")
    if found.sessions_per_user == 0:
        bad = True
        evidence = "--sessionsPerUser=0: nobody can start a session"
        yield Check(code, "no_go", evidence, "raise it to the number of sessions that one student may have")
    if not (found.monitor and found.activity_tracker):
        bad = True
        evidence = "the operator runs without --enableMonitor and --enableActivityTracker: nobody knows who is idle"
        yield Check(code, "warning", evidence, "add both to the arguments of its Deployment")
    if not bad:
        most = found.sessions_per_user
        users = "any number of sessions" if most is None else f"at most {counted(most, 'session')}"
        mode = "keeps pools" if found.eager else "starts sessions one by one"
        login = "a login" if found.keycloak else "no login"
        yield Check(code, "go", f"the operator {mode} behind {login}, measures activity, and allows a user {users}")


def _to_be_warm(facts: Facts) -> t.Iterator[str]:
    for recorded in facts.exams:
        yield from (definition.name for definition in recorded.exam.app_definitions if definition.warm)


def quotas(facts: Facts) -> t.Iterator[Check]:
    if reason := facts.unread("quotas"):
        yield unknown("quotas", reason)
        return
    rows = facts.snapshot.lists.quotas or ()
    full = [row for row in rows if row.percent is not None and row.percent > _NEAR_FULL]
    for row in full:
        evidence = f"quota {row.quota}: {row.used} of {row.hard} {row.resource} are used ({row.percent:.0f} %)"
        yield Check("quotas", "warning", evidence, "raise it, or stop what nobody needs")
    if not full:
        told = f"{counted(len({row.quota for row in rows}), 'quota')}, none used by more than {_NEAR_FULL} %"
        yield Check("quotas", "go", told if rows else "there is no quota")


def metrics(facts: Facts) -> t.Iterator[Check]:
    if reason := facts.unread("usage"):
        evidence = f"memory and CPU are not measured: {reason}"
        yield Check(
            "metrics", "warning", evidence, "install a metrics server, or give the account list pods.metrics.k8s.io"
        )
    elif not facts.snapshot.lists.usage and _has_ready_pods(facts):
        evidence = "the metrics server answers, and has not measured a pod yet, though some are ready"
        yield Check("metrics", "warning", evidence, "look again in some minutes, then at the metrics server")
    else:
        yield Check("metrics", "go", f"{counted(len(facts.snapshot.lists.usage or ()), 'pod')} measured")


def _has_ready_pods(facts: Facts) -> bool:
    return facts.capacity is not None and any(pool.warm_count for pool in facts.capacity.pools.values())


def service(facts: Facts) -> t.Iterator[Check]:
    look = facts.service
    if look is None:
        return
    if look.unreachable:
        evidence = f"students start sessions through it, and: {look.unreachable}"
        yield Check("service", "no_go", evidence, "look at the pods of service-deployment, the route and service_url")
    elif look.refused:
        yield Check(
            "service", "warning", look.refused, "give the token that the service was started with as admin_token"
        )
    else:
        token = "takes the admin_token" if look.asked else "answers; no admin_token is configured"
        yield Check("service", "go", f"{look.url} {token}")


def clocks(facts: Facts) -> t.Iterator[Check]:
    skew = facts.snapshot.skew
    seconds = round(abs(skew.total_seconds()))
    told = f"the API server's clock and this machine's are {seconds} s apart"
    if abs(skew) > FARTHEST:
        evidence = f"{told}, so nobody knows when an exam begins and ends"
        yield Check("clocks", "no_go", evidence, "set the clock that is wrong; machines usually get theirs by NTP")
    else:
        yield Check("clocks", "go", told)


RULES: tuple[Rule, ...] = (operator, kinds, rights, service, quotas, metrics, clocks)
