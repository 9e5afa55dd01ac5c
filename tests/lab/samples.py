# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real sessions, taken down from the lab's database as patterns for many more of their kind."""

from __future__ import annotations

import json
import typing as t

from lab import metrics
from lab.api import LabError, Object, wait_until
from lab.cases import INTERRUPTED, POD_FAULTS
from lab.installation import Installation
from lab.operator import labels, names
from lab.store import key_of
from lab.world import TIME, Place, is_ready, places_of, start_of

PATTERN_FAULTS = (*POD_FAULTS, "image-pull")

SETTLE_SECONDS = 120.0
MOST_LAUNCHES = 200

# Stand-ins inside a pattern for what differs from session to session and is not a name or uid of the model.
CREATED = "2000-01-01T00:00:00Z"
ACTIVITY = 946_684_800_123
INSTANCE = "instance-number"
CPU, MEMORY = "946684801n", "946684801Ki"


class Sample(t.NamedTuple):
    """The objects of one session as they are stored, the session first."""

    session: Object
    others: list[Object]
    app_definition: Object

    @property
    def eager(self) -> bool:
        return self.number is not None

    @property
    def number(self) -> int | None:
        number = labels.annotations_of(self.session).get(labels.INSTANCE_ID)
        return None if number is None else int(number)

    def kind(self, kind: str) -> Object | None:
        return next((obj for obj in self.others if obj["kind"] == kind), None)


class Recorder:
    """Lets a model student start sessions of one app definition, and takes them down in every state asked for."""

    def __init__(self, installation: Installation, app_definition: str) -> None:
        self._site = installation
        self._app_definition = installation.get("appdefinitions", app_definition)
        self._name = app_definition
        self._users: list[str] = []

    def record(self, wanted: t.Mapping[bool, t.Collection[str]]) -> dict[tuple[bool, str], Sample]:
        """Samples by start (eager or not) and fault of the pod, besides "" where it has none."""
        samples: dict[tuple[bool, str], Sample] = {}
        try:
            while missing := set(wanted) - {eager for eager, _unused in samples}:
                place = self._start(missing)
                eager = start_of(place.session) == "eager"
                if eager in missing:
                    samples[eager, ""] = self._read(place)
                    samples |= {(eager, fault): self._struck(place, fault) for fault in wanted[eager]}
        finally:
            self._end()
        return samples

    def _start(self, missing: t.Collection[bool]) -> Place:
        user = f"model{len(self._users):03}student@lab.invalid"
        self._users.append(user)
        answer = self._site.launch(user, self._name)
        if answer.status != 200:
            raise LabError(f"a model session of {self._name} did not start: {answer.status}")
        place = self._place(user)
        if missing == {True} and start_of(place.session) != "eager":
            raise LabError(f"{self._name} has no free instance, so there is no eager session to take down")
        if len(self._users) > MOST_LAUNCHES:
            raise LabError(f"{self._name} still has free instances after {MOST_LAUNCHES} model sessions")
        return place

    def _place(self, user: str) -> Place:
        def settled() -> Place | None:
            place = next(p for p in places_of(self._site).values() if self._is_of(p.session, user))
            # The Deployment learns last that its pod is ready; before that its status is not worth copying.
            return place if place.deployment and place.deployment["status"].get("readyReplicas") else None

        return t.cast(Place, wait_until(f"the model session of {self._name} has a ready pod", settled, SETTLE_SECONDS))

    def _end(self) -> None:
        for session in self._site.items("sessions"):
            user = session["spec"]["user"]
            if user in self._users and self._is_of(session, user):
                self._site.stop_session(user, session["metadata"]["name"])

    def _is_of(self, session: Object, user: str) -> bool:
        return bool(session["spec"]["user"] == user and session["spec"]["appDefinition"] == self._name)

    def _struck(self, place: Place, fault: str) -> Sample:
        """Give the pod a fault, instead of the one it may have, and wait until pod and Deployment have settled."""
        assert place.pod is not None
        path = self._site.here.path("pods", place.pod["metadata"]["name"])
        api = self._site.control_plane.api
        api.merge(path, {"metadata": {"annotations": {"lab/fault": fault}}})
        well = fault == "oom"

        def settled() -> bool:
            pod = api.get(path)
            return _shows(pod, fault) and is_ready(pod) == well and self._ready_replicas(place) == int(well)

        wait_until(f"the pod shows {fault}", settled, SETTLE_SECONDS)
        return self._read(place)

    def _ready_replicas(self, place: Place) -> int:
        assert place.deployment is not None
        status = self._site.get("deployments", place.deployment["metadata"]["name"])["status"]
        return int(status.get("readyReplicas", 0))

    def _read(self, place: Place) -> Sample:
        assert place.pod is not None
        assert place.deployment is not None
        api, store = self._site.control_plane.api, self._site.control_plane.store
        pod_metrics = metrics.set_usage(api, place.pod, {self._name: metrics.Usage(1, 1024)})
        replica_set = {"apiVersion": "apps/v1", "kind": "ReplicaSet"} | next(
            found
            for found in self._site.items("replicasets")
            if found["metadata"]["ownerReferences"][0]["uid"] == place.deployment["metadata"]["uid"]
        )
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment"} | place.deployment
        objects = [deployment, replica_set, place.pod, pod_metrics, *self._services(place), *self._addresses(place)]
        session = json.loads(store.stored(place.session))
        return Sample(session, [json.loads(store.stored(obj)) for obj in objects], self._app_definition)

    def _services(self, place: Place) -> list[Object]:
        uid = place.session["metadata"]["uid"]
        owned = [
            found
            for found in self._site.items("services")
            if uid in [owner["uid"] for owner in found["metadata"].get("ownerReferences", ())]
        ]
        return [{"apiVersion": "v1", "kind": "Service"} | found for found in owned]

    def _addresses(self, place: Place) -> list[Object]:
        """The list of who may pass the auth proxy of the pod, if there is one."""
        assert place.pod is not None
        mounted = {(volume.get("configMap") or {}).get("name") for volume in place.pod["spec"].get("volumes", ())}
        return [
            {"apiVersion": "v1", "kind": "ConfigMap"} | found
            for found in self._site.items("configmaps")
            if found["metadata"]["name"] in mounted and labels.labels_of(found).get(labels.PURPOSE) == "emails"
        ]


def pattern_of(sample: Sample, fault: str | None, start: str) -> list[Object]:
    """The objects of a sample with its times and figures replaced by stand-ins, in the state that a fault means."""
    session = _timeless(sample.session)
    annotations = dict(labels.annotations_of(session))
    annotations.pop(labels.START_STRATEGY, None)
    annotations |= {labels.INSTANCE_ID: INSTANCE} if sample.eager else {}
    annotations |= {labels.START_STRATEGY: start} if start != "lazy" else {}
    session["metadata"]["annotations"] = annotations
    session["status"] = _status(session["status"], fault)
    if fault == "pending":
        del session["status"]
    others = [] if fault in ("pending", "no-pod") else [_timeless(obj) for obj in sample.others]
    return [session, *map(_without_addresses, others)]


def _status(status: Object, fault: str | None) -> Object:
    changed = {**status, "lastActivity": ACTIVITY}
    if fault in ("failed", "no-url", "starting"):
        changed.pop("url", None)
    if fault == "failed":
        changed |= {"operatorStatus": "ERROR", "operatorMessage": INTERRUPTED}
    if fault == "starting":
        changed |= {"operatorStatus": "HANDLING", "lastActivity": 0}
    return changed


def _timeless(obj: Object) -> Object:
    copy: Object = json.loads(json.dumps(obj))
    copy["metadata"]["creationTimestamp"] = CREATED
    for entry in copy["metadata"].get("managedFields", ()):
        entry["time"] = CREATED
    if "status" in copy:
        copy["status"] = json.loads(TIME.sub(CREATED, json.dumps(copy["status"])))
    for container in copy.get("containers", ()):
        container["usage"] = {"cpu": CPU, "memory": MEMORY}
    return copy


def _without_addresses(obj: Object) -> Object:
    """Services without an address and a selector: many thousands would occupy all addresses and their controllers."""
    if obj["kind"] == "Service":
        obj["spec"] |= {"clusterIP": "None", "clusterIPs": ["None"]}
        obj["spec"].pop("selector", None)
    return obj


def model_tokens(sample: Sample) -> dict[str, str]:
    """What stands in a pattern for the model itself, by what it is."""
    session = sample.session
    tokens = {
        session["metadata"]["uid"]: "uid",
        session["spec"]["sessionSecret"]: "secret",
        **{token: what for what, token in named(sample, session, sample.number).items()},
    }
    pod = sample.kind("Pod")
    if pod is not None:
        tokens[pod["status"]["podIP"]] = "pod_ip"
    return tokens | {obj["metadata"]["uid"]: key_of(obj) for obj in sample.others}


def named(sample: Sample, session: Object, number: int | None) -> dict[str, str]:
    """Everything that is named after a session, or after the instance it is on."""
    app_definition = sample.app_definition
    names_of_session = {
        "name": session["spec"]["name"],
        "user": session["spec"]["user"],
        "user_label": labels.session_labels(session, app_definition, tidy_cut=True)[labels.USER],
    }
    if number is None:
        return names_of_session | {
            "object": names.session_object(session),
            "internal": names.session_internal_service(session),
            "email": names.session_object(session, "email"),
            "proxy": names.session_object(session, "proxy"),
            "app": names.session_app(session),
        }
    return names_of_session | {
        "object": names.instance_object(app_definition, number),
        "internal": names.instance_internal_service(app_definition, number),
        "email": names.instance_object(app_definition, number, "email"),
        "proxy": names.instance_object(app_definition, number, "proxy"),
        "app": names.instance_app(app_definition, number),
    }


def _shows(pod: Object, fault: str) -> bool:
    text = json.dumps(pod["status"])
    sign = {"image-pull": "ImagePullBackOff", "crash-loop": "CrashLoopBackOff", "oom": "OOMKilled"}
    return sign.get(fault, "ContainersNotReady") in text
