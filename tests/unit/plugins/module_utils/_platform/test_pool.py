# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import format_time
from ansible_collections.eduide.theia.plugins.module_utils._platform.fields import Owner
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import (
    EMAILS_KEY,
    GENERATION_LABEL,
    SESSION_LABEL,
    SIDECAR_LABEL,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.pool import (
    Effect,
    Half,
    Instance,
    Pool,
    count,
    effect,
    smallest_total,
)
from ansible_collections.eduide.theia.plugins.module_utils._platform.workloads import (
    address_list_row,
    deployment_row,
    proxy_row,
    service_row,
)
from unit.capacity_world import pool_of

Raw = dict[str, t.Any]
Tweak = t.Callable[["Member"], object]

UID = "7d0f0f5e-5b0e-4d52-a8a0-3f1f0c9f6a11"
OTHER_UID = "11111111-5b0e-4d52-a8a0-222222222222"
GENERATION = 4
NOW = datetime(2027, 2, 11, 9, 0, 0, tzinfo=UTC)
SPEC: Raw = {"template": {"spec": {"containers": []}}}


def session_owner(user: str) -> Raw:
    return {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "name": f"ws-{user}-session", "uid": f"uid-{user}"}


def raw(name: str, uid: str = UID, **rest: t.Any) -> Raw:
    """An object of the pool as the API server lists it, without its kind."""
    owner = {"apiVersion": "theia.cloud/v1beta11", "kind": "AppDefinition", "name": "java-17-latest", "uid": uid}
    metadata = {
        "name": name,
        "uid": f"uid-{name}",
        "labels": {"app": "java-17-latest-1", GENERATION_LABEL: str(GENERATION)},
        "ownerReferences": [owner],
        "managedFields": [{"manager": "operator", "time": "2027-02-11T08:00:00Z"}],
    }
    return {"metadata": metadata, **rest}


class Member:
    """The raw objects of one free, warm instance; a test bends them into the case it is about."""

    def __init__(self, number: int, uid: str = UID) -> None:
        name = f"instance-{number}-java-17-latest-{uid[-12:]}"
        self.external: Raw | None = raw(name, uid, status={"loadBalancer": {}})
        self.internal: Raw | None = raw(name + "-int", uid, status={"loadBalancer": {}})
        self.deployment: Raw | None = raw(name, uid, spec=SPEC, status={"replicas": 1, "readyReplicas": 1})
        self.emails: Raw | None = raw(f"instance-{number}-email-java-17-lat-{uid[-12:]}", uid, data={EMAILS_KEY: ""})
        self.proxy: Raw | None = raw(f"instance-{number}-proxy-java-17-lat-{uid[-12:]}", uid)

    def part(self, name: str) -> Raw:
        found: Raw = getattr(self, name)
        return found


def drop(name: str) -> Tweak:
    return lambda member: setattr(member, name, None)


def going(name: str) -> Tweak:
    return lambda member: member.part(name)["metadata"].update(deletionTimestamp="2027-02-11T08:59:59Z")


def claim(user: str = "ada", *names: str) -> Tweak:
    def tweak(member: Member) -> None:
        for name in names or ("external", "internal", "deployment"):
            member.part(name)["metadata"]["ownerReferences"].append(session_owner(user))

    return tweak


def orphan(member: Member) -> None:
    """What the operator does to a claimed instance above the bound: it takes its own ownership away."""
    for name in ("external", "internal", "deployment"):
        metadata = member.part(name)["metadata"]
        metadata["ownerReferences"] = [o for o in metadata["ownerReferences"] if o["kind"] != "AppDefinition"]


def unown(member: Member) -> None:
    for name in ("external", "internal", "deployment"):
        del member.part(name)["metadata"]["ownerReferences"]


def labelled(generation: str | None, *names: str) -> Tweak:
    def tweak(member: Member) -> None:
        for name in names or ("external", "internal", "deployment", "emails"):
            labels = member.part(name)["metadata"]["labels"]
            labels.pop(GENERATION_LABEL)
            if generation is not None:
                labels[GENERATION_LABEL] = generation

    return tweak


def addresses(text: str | None) -> Tweak:
    return lambda member: member.part("emails").update(data={EMAILS_KEY: text})


def session_label(name: str) -> Tweak:
    return lambda member: member.part(name)["metadata"]["labels"].update({SESSION_LABEL: "uid-ada"})


def written(seconds_ago: float, *names: str) -> Tweak:
    def tweak(member: Member) -> None:
        for name in names or ("external", "internal"):
            entry = {"manager": "operator", "time": format_time(NOW - timedelta(seconds=seconds_ago))}
            member.part(name)["metadata"]["managedFields"].append(entry)

    return tweak


def bent(number: int, *tweaks: Tweak, uid: str = UID) -> Member:
    member = Member(number, uid)
    for tweak in tweaks:
        tweak(member)
    return member


def counted(*members: Member, login: bool = True) -> Pool:
    """Count raw objects as a module does: project each list, and count."""

    def listed(project: t.Callable[[Raw], t.Any], *names: str) -> list[t.Any]:
        objects = [getattr(member, name) for member in members for name in names]
        return [kept for obj in objects if obj and (kept := project(obj))]

    return count(
        UID,
        GENERATION,
        services=listed(service_row, "external", "internal"),
        deployments=listed(deployment_row, "deployment"),
        addresses=listed(address_list_row, "emails") if login else None,
        proxies=listed(proxy_row, "proxy") if login else None,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("tweaks", "lacks"),
    [
        pytest.param([], None, id="whole"),
        *(
            pytest.param([drop(part)], (role,), id=part)
            for part, role in (
                ("external", "external Service"),
                ("internal", "internal Service"),
                ("emails", "address list"),
                ("deployment", "Deployment"),
                ("proxy", "proxy ConfigMap"),
            )
        ),
        pytest.param([drop("external"), drop("deployment")], ("external Service", "Deployment"), id="two"),
        pytest.param([claim(), drop("internal")], ("internal Service",), id="claimed"),
        pytest.param([written(10), drop("deployment")], None, id="at-work"),
    ],
)
def test_every_half_is_named_with_what_it_lacks(tweaks: list[Tweak], lacks: tuple[str, ...] | None) -> None:
    pool = counted(bent(1, *tweaks), bent(2))
    assert pool.halves(2) == ([] if lacks is None else [Half(1, lacks)])
    assert (pool.halves(0), pool.missing(3)) == ([], [3])


def test_without_a_login_a_whole_instance_has_three_objects() -> None:
    assert counted(bent(1, drop("emails"), drop("proxy")), login=False).parts == ()


def test_free_instances_above_the_bound_are_surplus() -> None:
    assert counted(bent(1), bent(2), bent(3, claim())).surplus(1) == [2]


def only(pool: Pool) -> Instance:
    (instance,) = pool.instances
    return instance


@pytest.mark.parametrize(
    ("tweaks", "warm", "claimed"),
    [
        pytest.param([], True, False, id="free-and-ready"),
        pytest.param([lambda m: m.deployment.update(status={"replicas": 1})], False, False, id="no-pod-is-ready"),
        pytest.param([lambda m: m.deployment.pop("status")], False, False, id="deployment-without-status"),
        pytest.param([drop("deployment")], False, False, id="deployment-missing"),
        pytest.param([going("deployment")], False, False, id="deployment-going"),
        pytest.param([going("external")], False, False, id="service-going"),
        pytest.param([drop("internal")], False, False, id="internal-service-missing-cannot-be-claimed"),
        pytest.param([drop("emails")], True, False, id="free-without-address-list"),
        pytest.param([labelled("3")], False, False, id="outdated"),
        pytest.param([labelled("3", "deployment")], False, False, id="outdated-deployment-below-a-new-service"),
        pytest.param([labelled("3", "external", "internal")], True, False, id="the-deployment-label-decides"),
        pytest.param([labelled(None)], True, False, id="no-object-has-a-generation-label"),
        pytest.param([labelled(None, "deployment")], False, False, id="only-the-service-has-a-generation-label"),
        pytest.param([claim()], False, True, id="claimed"),
        pytest.param([claim("ada", "external")], False, True, id="midway-claim-external-service-only"),
        pytest.param([claim("ada", "internal")], False, True, id="midway-claim-internal-service-only"),
        pytest.param([claim("ada", "external", "internal")], False, True, id="midway-claim-without-the-deployment"),
        pytest.param([claim("ada", "deployment")], True, False, id="midway-release-services-come-first"),
        pytest.param([claim(), labelled("3")], False, True, id="claimed-and-outdated"),
        pytest.param([claim(), drop("deployment")], False, True, id="claimed-without-deployment"),
    ],
)
def test_an_instance_is_warm_or_claimed_or_neither(tweaks: list[Tweak], warm: bool, claimed: bool) -> None:
    pool = counted(bent(1, *tweaks))
    assert (only(pool).warm, not only(pool).free) == (warm, claimed)
    assert (pool.warm_count, pool.free_count) == (int(warm), int(not claimed))
    assert pool.claimed_ids == ({1} if claimed else frozenset())


def test_outdated_are_the_free_ones() -> None:
    """What a session is on is rebuilt when that ends."""
    held, free = bent(1, claim(), labelled("3")), bent(2, labelled("3"))
    assert (counted(held).outdated_count, counted(held, free).outdated_count) == (0, 1)


def test_the_session_of_a_claimed_instance_is_told() -> None:
    expected = Owner("Session", "ws-ada-session", "uid-ada")
    assert only(counted(bent(7, claim()))).session == expected
    assert only(counted(bent(7, claim("ada", "internal")))).session == expected


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param(session_label("external"), id="session-label-on-the-external-service"),
        pytest.param(session_label("internal"), id="session-label-on-the-internal-service"),
        pytest.param(addresses("ada@example.org"), id="address-still-admitted"),
    ],
)
@pytest.mark.parametrize(
    ("seconds", "dirty"),
    [
        pytest.param(29, False, id="29-s-ago"),
        pytest.param(30, False, id="30-s-ago"),
        pytest.param(31, True, id="31-s-ago"),
    ],
)
def test_a_trace_of_a_session_is_dirt_after_thirty_seconds(trace: Tweak, seconds: float, dirty: bool) -> None:
    instance = only(counted(bent(1, trace, written(seconds))))
    assert (instance.dirty, instance.warm) == (dirty, not dirty)


@pytest.mark.parametrize(
    ("tweaks", "dirty"),
    [
        pytest.param([written(31)], False, id="clean-however-long-ago"),
        pytest.param([session_label("external"), written(31), written(29, "internal")], False, id="later-write-counts"),
        pytest.param(
            [session_label("external"), written(29), written(31)], False, id="order-of-managers-does-not-count"
        ),
        pytest.param(
            [addresses("a@b"), written(31), written(29, "emails")], True, id="writes-to-the-list-do-not-count"
        ),
        pytest.param(
            [
                session_label("external"),
                *[lambda m, n=n: m.part(n)["metadata"].pop("managedFields") for n in ("external", "internal")],
            ],
            True,
            id="no-time-is-known",
        ),
        pytest.param([session_label("external"), written(31), drop("internal")], True, id="without-internal-service"),
        pytest.param([session_label("external"), written(31), claim()], False, id="claimed"),
        pytest.param([addresses("  \n"), written(31)], False, id="blank-list"),
        pytest.param([addresses(None), written(31)], False, id="null-list"),
    ],
)
def test_dirt_is_what_a_missed_release_left(tweaks: list[Tweak], dirty: bool) -> None:
    assert only(counted(bent(1, *tweaks))).dirty == dirty


def test_addresses_are_no_dirt_where_no_login_uses_them() -> None:
    assert not only(counted(bent(1, addresses("ada@example.org"), written(31)), login=False)).dirty


@pytest.mark.parametrize(
    ("tweaks", "login", "locked_out"),
    [
        pytest.param([claim(), addresses("ada@example.org")], True, False, id="admitted"),
        pytest.param([claim(), addresses("")], True, True, id="emptied"),
        pytest.param([claim(), addresses("\n")], True, True, id="blank"),
        pytest.param([claim(), addresses(None)], True, True, id="null"),
        pytest.param([claim(), lambda m: m.emails.update(data=None)], True, True, id="no-data"),
        pytest.param([claim(), drop("emails")], True, True, id="list-missing"),
        pytest.param([claim(), addresses("")], False, False, id="no-login-no-list"),
        pytest.param([addresses("")], True, False, id="free"),
    ],
)
def test_a_user_is_locked_out_by_an_empty_list(tweaks: list[Tweak], login: bool, locked_out: bool) -> None:
    assert only(counted(bent(1, *tweaks), login=login)).locked_out == locked_out


SUFFIX = UID[-12:]


@pytest.mark.parametrize(
    ("member", "foreign", "ownerless"),
    [
        pytest.param(bent(5, claim(), orphan), {5}, (), id="claimed-above-the-bound"),
        pytest.param(
            bent(5, unown),
            {5},
            (
                f"Deployment/instance-5-java-17-latest-{SUFFIX}",
                f"Service/instance-5-java-17-latest-{SUFFIX}",
                f"Service/instance-5-java-17-latest-{SUFFIX}-int",
            ),
            id="orphan-without-owner",
        ),
        pytest.param(
            bent(5, unown, drop("external"), drop("deployment")),
            {5},
            (f"Service/instance-5-java-17-latest-{SUFFIX}-int",),
            id="only-the-internal-service-is-left",
        ),
        pytest.param(
            bent(5, unown, drop("external"), drop("internal")),
            {5},
            (f"Deployment/instance-5-java-17-latest-{SUFFIX}",),
            id="only-the-deployment-is-left",
        ),
        pytest.param(bent(5, unown, uid=OTHER_UID), set(), (), id="orphan-of-another-app-definition"),
        pytest.param(bent(5, claim(), orphan, uid=OTHER_UID), set(), (), id="of-another-app-definition"),
    ],
)
def test_names_taken_by_others_are_no_instances(member: Member, foreign: set[int], ownerless: tuple[str, ...]) -> None:
    pool = counted(bent(1), bent(2), member)
    assert [i.id for i in pool.instances] == [1, 2]
    assert (set(pool.occupied_ids), pool.ownerless) == (foreign, ownerless)
    # Either nothing owns it any more, or a session still holds what the app definition gave up.
    assert set(pool.abandoned) == (set() if ownerless else foreign)


def test_an_ownerless_part_of_an_instance_is_told_but_does_not_take_its_id() -> None:
    member = bent(2)
    del member.part("internal")["metadata"]["ownerReferences"]
    pool = counted(member)
    assert pool.occupied_ids == frozenset()
    assert pool.ownerless == (f"Service/instance-2-java-17-latest-{SUFFIX}-int",)
    assert not only(pool).ready


def test_a_deployment_of_ours_without_services_takes_no_id() -> None:
    pool = counted(bent(1), bent(2, drop("external"), drop("internal")))
    assert ([i.id for i in pool.instances], pool.occupied_ids, pool.ownerless) == ([1], frozenset(), ())
    assert effect(pool, 2) == Effect(1, 1, 0)


def test_two_generations_at_once_are_told_apart() -> None:
    pool = counted(bent(1), bent(2, labelled("3")), bent(3, claim(), labelled("3")), bent(4))
    assert [(i.id, i.current, i.warm) for i in pool.instances] == [
        (1, True, True),
        (2, False, False),
        (3, False, False),
        (4, True, True),
    ]


def test_an_object_without_label_is_outdated_where_others_have_one() -> None:
    assert [i.current for i in counted(bent(1), bent(2, labelled(None))).instances] == [True, False]


def test_a_pool_without_objects_is_empty() -> None:
    assert counted() == Pool((), frozenset(), ())
    assert counted().highest_claimed_id == 0


def test_gaps_are_cold_and_names_taken_by_others_are_not() -> None:
    pool = counted(bent(1), bent(3, claim(), addresses("a@b")), bent(4, labelled("3")), bent(5, claim(), orphan))
    assert pool.cold(6) == [2, 4, 6]
    assert pool.cold(3) == [2]
    assert pool.cold(0) == []
    assert counted().cold(2) == [1, 2]


def test_claims_above_a_bound_are_found() -> None:
    pool = counted(bent(1, claim("ada")), bent(2), bent(3, claim("bob")), bent(9, claim("eve"), orphan))
    assert [i.id for i in pool.claims_above(1)] == [3]
    assert (pool.highest_claimed_id, sorted(pool.blocked_ids)) == (3, [1, 3, 9])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("session-ada-java-17-latest-3f1f0c9f6a11", id="lazy-session"),
        pytest.param("operator-deployment", id="operator"),
        pytest.param("instance", id="nothing-after-the-prefix"),
        pytest.param("instance-", id="no-id"),
        pytest.param("instance-x-java", id="id-is-no-number"),
        pytest.param("instances-3-java", id="other-prefix"),
    ],
)
def test_objects_outside_of_pools_are_in_none(name: str) -> None:
    member = Member(1)
    for part in (member.external, member.internal, member.deployment, member.emails, member.proxy):
        assert part
        part["metadata"]["name"] = name
    assert counted(member) == Pool((), frozenset(), ())
    assert address_list_row(raw(name)) is None


def test_sidecars_are_in_none() -> None:
    member = Member(1)
    for part in (member.external, member.internal, member.deployment):
        assert part
        part["metadata"].update(name=f"instance-1-pyright-java-17-lat-{SUFFIX}", labels={SIDECAR_LABEL: "pyright"})
    assert counted(member, login=False) == Pool((), frozenset(), ())


def test_a_claim_that_sits_on_the_service_of_a_sidecar_counts() -> None:
    member, sidecar = bent(1), Member(1)
    assert sidecar.external
    sidecar.internal = sidecar.deployment = sidecar.emails = None
    name = f"instance-1-langserver-python-lates-{SUFFIX}"
    sidecar.external["metadata"].update(name=name, labels={SIDECAR_LABEL: "langserver"})
    assert only(counted(member, sidecar)).free
    claim("ada", "external")(sidecar)
    for members in ((member, sidecar), (sidecar, member)):
        pool = counted(*members)
        assert (only(pool).session, pool.claimed_ids) == (Owner("Session", "ws-ada-session", "uid-ada"), {1})


def test_a_service_that_has_to_do_with_neither_sessions_nor_pools_is_dropped() -> None:
    assert service_row({"metadata": {"name": "theia-cloud-service", "uid": "u"}}) is None


@pytest.mark.parametrize("nothing", [{}, dict.fromkeys(("labels", "ownerReferences", "managedFields"))])
def test_missing_and_null_fields_are_tolerated(nothing: Raw) -> None:
    bare = {"metadata": {"name": "instance-12-java-a", "uid": "u", **nothing}, "status": None, "data": None}
    emails, service, deployment = address_list_row(bare), service_row(bare), deployment_row({**bare, "spec": SPEC})
    assert emails
    assert service
    for row in (emails, service, deployment):
        assert (row.instance_id, row.owners) == (12, ())
    assert (service.generation, service.written, service.labelled_for, deployment.generation) == (None,) * 4
    assert not any((emails.addresses, service.deleting, deployment.ready, deployment.deleting))


# Applied in this order: what is dropped cannot be bent any more.
TWEAKS: dict[str, Tweak] = {
    "claimed": claim(),
    "midway": claim("ada", "internal"),
    "outdated": labelled("3"),
    "dirty": session_label("external"),
    "unready": lambda m: m.part("deployment").pop("status"),
    "orphaned": orphan,
    "halved": drop("internal"),
}


@given(
    states=st.dictionaries(st.integers(1, 30), st.sets(st.sampled_from([*TWEAKS])), max_size=8),
    seed=st.integers(),
)
def test_counting_does_not_depend_on_the_order_of_the_lists(states: dict[int, set[str]], seed: int) -> None:
    members = [
        bent(number, *[tweak for name, tweak in TWEAKS.items() if name in state]) for number, state in states.items()
    ]
    shuffled = random.Random(seed).sample(members, len(members))
    pool = counted(*members)
    assert counted(*shuffled) == pool
    assert len(pool.instances) == pool.free_count + len(pool.claimed_ids)
    assert pool.warm_count <= pool.free_count
    assert {i.id for i in pool.instances} | pool.occupied_ids == set(states)
    assert not {i.id for i in pool.instances} & pool.occupied_ids


IDS = st.frozensets(st.integers(1, 40), max_size=15)
POOLS = st.builds(pool_of, claimed=IDS, free=IDS, foreign=IDS)


@pytest.mark.parametrize(
    ("free", "pool", "total"),
    [
        pytest.param(60, pool_of(), 60, id="empty-pool"),
        pytest.param(60, pool_of(claimed=[1, 2, 3]), 63, id="claims-come-on-top"),
        pytest.param(2, pool_of(claimed=[9]), 9, id="never-below-a-claim"),
        pytest.param(9, pool_of(claimed=[9]), 10, id="the-highest-claim-counts-too"),
        pytest.param(3, pool_of(foreign=[2, 4]), 5, id="taken-names-are-skipped"),
        pytest.param(3, pool_of(foreign=[7]), 3, id="taken-names-above-do-not-count"),
        pytest.param(0, pool_of(claimed=[4]), 4, id="nothing-wanted"),
        pytest.param(0, pool_of(foreign=[4]), 0, id="nothing-wanted-nothing-claimed"),
    ],
)
def test_the_total_for_a_number_of_free_instances(free: int, pool: Pool, total: int) -> None:
    assert smallest_total(free, pool) == total


@given(free=st.integers(0, 60), pool=POOLS)
def test_the_smallest_total_is_correct_and_no_smaller_one_is(free: int, pool: Pool) -> None:
    def enough(total: int) -> bool:
        usable = [number for number in range(1, total + 1) if number not in pool.blocked_ids]
        return len(usable) >= free and all(number <= total for number in pool.claimed_ids)

    total = smallest_total(free, pool)
    assert enough(total)
    assert not any(enough(smaller) for smaller in range(total))


@pytest.mark.parametrize(
    ("pool", "minimum", "expected"),
    [
        pytest.param(pool_of(free=[1, 2, 3]), 50, Effect(47, 3, 0), id="raise"),
        pytest.param(pool_of(free=[1, 2, 3]), 3, Effect(0, 3, 0), id="another-field-rebuilds-all-the-same"),
        pytest.param(pool_of(free=range(1, 51)), 3, Effect(0, 3, 47), id="lower"),
        pytest.param(pool_of(claimed=[1, 2], free=[3]), 5, Effect(2, 1, 0), id="claimed-ones-are-left"),
        pytest.param(pool_of(free=[1, 3]), 4, Effect(2, 2, 0), id="gaps-are-filled"),
        pytest.param(pool_of(free=[1], foreign=[2]), 3, Effect(1, 1, 0), id="taken-names-stay-missing"),
        pytest.param(pool_of(free=[1, 2]), 0, Effect(0, 0, 2), id="to-nothing"),
    ],
)
def test_the_effect_on_pods_is_foreseen(pool: Pool, minimum: int, expected: Effect) -> None:
    assert effect(pool, minimum) == expected


@given(pool=POOLS, minimum=st.integers(0, 60))
def test_every_id_has_one_fate(pool: Pool, minimum: int) -> None:
    foreseen = effect(pool, minimum)
    left_alone = sum(number <= minimum for number in pool.blocked_ids)
    assert foreseen.starts + foreseen.rebuilds + left_alone == minimum
    assert foreseen.rebuilds + foreseen.removes == pool.free_count


@given(free=st.integers(0, 60), pool=POOLS)
def test_a_pool_grown_to_the_smallest_total_has_enough_free_instances(free: int, pool: Pool) -> None:
    total = smallest_total(free, pool)
    foreseen = effect(pool, total)
    assert foreseen.starts + foreseen.rebuilds >= free
    assert pool.claims_above(total) == []
