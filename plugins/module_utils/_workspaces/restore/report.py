# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same by hand: shell commands that give a kept volume to a new workspace, for people without the collection."""

from __future__ import annotations

import shlex
import typing as t

from ..._common.commands import extra_vars
from ..._platform.names import VOLUME_FROM
from ..._platform.storage import FilesOwner, VolumeRow
from .plan import DELETE, RETAIN, Json, claim_body, workspace_body

_WAIT = "--timeout=120s"


def restore_steps(volume: VolumeRow, owner: FilesOwner, *, namespace: str) -> list[str]:
    """One chain, a command a line: each runs only if all before it succeeded, and a chain that broke can run again."""
    pv, name, ours = volume.name, owner.name, f"kubectl -n {namespace}"
    before = volume.policy_before or volume.reclaim_policy
    workspace, claim = _bodies(volume, owner, namespace)
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": "SEEN"}}
    reference = {"name": "CLAIM", "uid": "ID", "resourceVersion": None}
    give = {"metadata": {"resourceVersion": "HELD"}, "spec": {"claimRef": reference}}

    def read(kind: str, field: str, *, optional: bool = False) -> str:
        return f"{ours} get {kind}{' --ignore-not-found' if optional else ''} -o jsonpath='{{{field}}}'"

    this, its_claim, empty = f"workspaces.theia.cloud {name}", 'pvc "$claim"', '"$empty"'
    made_for = read(this, f".metadata.annotations.{VOLUME_FROM}", optional=True)
    state = "{.status.phase} {.spec.persistentVolumeReclaimPolicy} {.spec.claimRef.uid}"
    claims = f'/api/v1/namespaces/{namespace}/persistentvolumeclaims/"$claim"'
    delete = f"{_printed(options, 'seen')} | kubectl delete --raw {claims} -f - > /dev/null"
    # Most storage classes bind the empty claim within a moment, some never. It is looked at anew if it changes.
    free = [
        f"seen=$({read(its_claim, '.metadata.resourceVersion', optional=True)})",
        f"empty=$({read(its_claim, '.spec.volumeName', optional=True)})",
        f'{{ test "$empty" != {pv} || empty=; }}',
        f'{{ test -z "$empty" || {_policy(empty, RETAIN)}; }}',
        f'{{ test -z "$seen" || {delete}; }}',
    ]
    bound = "--for=jsonpath='{.status.phase}'=Bound"
    steps = [
        f"held=$(kubectl get pv {pv} -o jsonpath='{{.metadata.resourceVersion}}')",
        f"test \"$(kubectl get pv {pv} -o jsonpath='{state}')\" = 'Released {RETAIN} {volume.claim_uid}'",
        f'{{ test "$({made_for})" = {pv} || {_printed(workspace)} | kubectl create -f -; }}',
        f"{ours} wait {this} --for=jsonpath='{{.status.operatorStatus}}'=HANDLED {_WAIT}",
        f"owner=$({read(this, '.metadata.uid')})",
        f'claim=$({read(this, ".spec.storage")}) && test -n "$claim"',
        f"{{ {ours} wait {its_claim} {bound} --timeout=3s 2> /dev/null || true; }}",
        f"for try in 1 2 3 4 5; do {' && '.join(free)} && break; sleep 2; false; done",
        f"{ours} wait {its_claim} --for=delete {_WAIT}",
        f"{_printed(claim, 'claim', 'owner')} | kubectl create -f -",
        f"id=$({read(its_claim, '.metadata.uid')})",
        f"kubectl patch pv {pv} --type=merge -p {_quoted(give, 'held', 'claim', 'id')}",
        # The cluster binds a claim at once when it changes, and otherwise at its next round.
        f"{ours} annotate {its_claim} {VOLUME_FROM}={pv}",
        f"{ours} wait {its_claim} {bound} {_WAIT}",
        *([_policy(pv, DELETE)] if before == DELETE else []),
        f'{{ test -z "$empty" || {_policy(empty, DELETE)}; }}',
    ]
    return [*(f"{step} &&" for step in steps[:-1]), steps[-1]]


def _bodies(volume: VolumeRow, owner: FilesOwner, namespace: str) -> tuple[Json, Json]:
    """The workspace and its claim as they are created; what is known by then only stands in capitals."""
    workspace: Json = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", **workspace_body(owner, volume.name)}
    workspace["metadata"]["namespace"] = namespace
    claim: Json = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    claim |= claim_body(volume, owner.name, claim="CLAIM", owner_uid="OWNER")
    claim["metadata"]["namespace"] = namespace
    return workspace, claim


def _policy(volume: str, policy: str) -> str:
    return f"kubectl patch pv {volume} --type=merge -p {_quoted({'spec': {'persistentVolumeReclaimPolicy': policy}})}"


def _printed(content: t.Mapping[str, t.Any], *variables: str) -> str:
    """Unlike echo, printf changes nothing in it."""
    return f"printf %s {_quoted(content, *variables)}"


def _quoted(content: t.Mapping[str, t.Any], *variables: str) -> str:
    """JSON as one word of the shell; a text that is the name of a variable becomes its value."""
    word = shlex.quote(extra_vars(content, tagged=False))
    for name in variables:
        word = word.replace(f'"{name.upper()}"', f'"\'"${name}"\'"')
    return word
