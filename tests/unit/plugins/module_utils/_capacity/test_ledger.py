# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import (
    Entry,
    Hold,
    Ledger,
    Values,
    more_generous,
    read_ledger,
    write_ledger,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError

NAMES = st.from_regex(r"[a-z]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
OPTIONS = st.sampled_from(["min_instances", "max_instances", "timeout_minutes"])
VALUES = st.dictionaries(OPTIONS, st.none() | st.integers(-5, 2000))
TIMES = st.none() | st.just("2027-02-11T10:00:00Z")
HOLDS = st.builds(
    Hold,
    asked=st.dictionaries(OPTIONS | st.just("warm"), st.integers(0, 2000)),
    add=st.integers(0, 500),
    until=TIMES,
    ended=st.booleans(),
)
ENTRIES = st.builds(
    Entry,
    uid=st.uuids().map(str),
    baseline=VALUES,
    holds=st.dictionaries(NAMES, HOLDS, max_size=4),
    written=st.lists(VALUES, max_size=3).map(tuple),
    draining_since=TIMES,
    written_at=TIMES,
    repaired=st.dictionaries(NAMES, st.just("2027-02-11T10:00:00Z"), max_size=2),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)

GOOD: dict[str, t.Any] = {
    "uid": "u-1",
    "baseline": {"min_instances": 3},
    "holds": {"pgdp": {"asked": {"warm": 60}, "add": 57, "until": None, "ended": False}},
    "written": [{"min_instances": 60}],
    "draining_since": None,
}


def hold(add: int = 0, *, ended: bool = False, **asked: int) -> Hold:
    return Hold(asked=dict(asked), add=add, until=None, ended=ended)


def entry(baseline: Values, *written: Values, **holds: Hold) -> Entry:
    return Entry("u-1", baseline, holds, written, None)


def stored(data: dict[str, str]) -> dict[str, t.Any]:
    return {"metadata": {"name": "theia-capacity", "resourceVersion": "17"}, "data": data}


@given(entries=st.dictionaries(NAMES, ENTRIES, max_size=4))
def test_what_is_written_is_read_again(entries: dict[str, Entry]) -> None:
    body = write_ledger("theia-prod", Ledger(entries, "17"))
    assert read_ledger(body) == Ledger(entries, "17")


def test_the_config_map_is_recognisable_and_guarded() -> None:
    body = write_ledger("theia-prod", Ledger({"java": entry({"min_instances": 3})}, "17"))
    assert body["metadata"] == {
        "name": "theia-capacity",
        "namespace": "theia-prod",
        "labels": {"app.kubernetes.io/managed-by": "eduide.theia", "eduide-theia/record": "capacity"},
        "resourceVersion": "17",
    }
    assert body["data"]["version"] == "1"
    assert json.loads(body["data"]["java.json"])["baseline"] == {"min_instances": 3}


def test_a_new_ledger_claims_no_version() -> None:
    assert "resourceVersion" not in write_ledger("theia-prod", Ledger({}, None))["metadata"]


def test_no_config_map_is_an_empty_ledger() -> None:
    assert read_ledger(None) == Ledger({}, None)


def test_an_app_definition_called_version_has_its_own_key() -> None:
    ledger = Ledger({"version": entry({"min_instances": 3})}, "17")
    assert read_ledger(write_ledger("theia-prod", ledger)) == ledger


def test_keys_of_others_are_passed_over() -> None:
    assert read_ledger(stored({"version": "1", "note": "not ours"})).entries == {}


@pytest.mark.parametrize(
    "config_map",
    [
        pytest.param(stored({"version": "2", "java.json": json.dumps(GOOD)}), id="newer"),
        pytest.param(stored({"java.json": json.dumps(GOOD)}), id="no-version"),
        pytest.param({"metadata": {"name": "theia-capacity"}}, id="no-data"),
    ],
)
def test_an_unknown_version_is_not_guessed_at(config_map: dict[str, t.Any]) -> None:
    with pytest.raises(EduideError, match=r"ConfigMap theia-capacity: format version .*'1'.* use the release that"):
        read_ledger(config_map)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="cut"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        *[pytest.param(json.dumps({k: v for k, v in GOOD.items() if k != key}), id=f"without-{key}") for key in GOOD],
        pytest.param(json.dumps({**GOOD, "uid": 5}), id="uid-is-a-number"),
        pytest.param(json.dumps({**GOOD, "baseline": {"min_instances": "3"}}), id="baseline-is-text"),
        pytest.param(json.dumps({**GOOD, "baseline": []}), id="baseline-is-a-list"),
        pytest.param(json.dumps({**GOOD, "holds": []}), id="holds-are-a-list"),
        pytest.param(json.dumps({**GOOD, "holds": {"pgdp": {"add": 5}}}), id="hold-lacks-fields"),
        pytest.param(json.dumps({**GOOD, "holds": {"pgdp": {**GOOD["holds"]["pgdp"], "add": True}}}), id="add-is-true"),
        pytest.param(
            json.dumps({**GOOD, "holds": {"pgdp": {**GOOD["holds"]["pgdp"], "ended": "no"}}}), id="ended-is-text"
        ),
        pytest.param(json.dumps({**GOOD, "written": {"min_instances": 60}}), id="written-is-no-list"),
        pytest.param(json.dumps({**GOOD, "draining_since": 5}), id="time-is-a-number"),
        pytest.param(json.dumps({**GOOD, "paused": True}), id="a-field-of-another-release"),
        pytest.param(json.dumps({**GOOD, "baseline": {"replicas": 3}}), id="an-option-of-another-release"),
        pytest.param(json.dumps({**GOOD, "holds": {"pgdp": {**GOOD["holds"]["pgdp"], "asked": {"x": 1}}}}), id="asked"),
        pytest.param(json.dumps({**GOOD, "baseline": {"min_instances": 2**31}}), id="more-than-a-field-can-hold"),
    ],
)
def test_a_broken_entry_is_an_error_with_a_next_step(text: str) -> None:
    with pytest.raises(
        EduideError, match=r"ConfigMap theia-capacity: key 'java\.json' .* restore the key from a backup"
    ):
        read_ledger(stored({"version": "1", "java.json": text}))


@given(raw=JSON, key=st.sampled_from([None, *GOOD]))
def test_any_json_is_an_entry_or_a_clear_error(raw: t.Any, key: str | None) -> None:
    text = json.dumps(raw if key is None else {**GOOD, key: raw})
    try:
        ledger = read_ledger(stored({"version": "1", "java.json": text}))
    except EduideError as exc:
        assert "java.json" in str(exc)  # noqa: PT017
    else:
        assert read_ledger(write_ledger("theia-prod", ledger)) == ledger


@pytest.mark.parametrize(
    ("record", "desired"),
    [
        pytest.param(entry({"min_instances": 3}, a=hold(47)), {"min_instances": 50}, id="one-hold"),
        pytest.param(entry({"min_instances": None}, a=hold(47)), {"min_instances": 47}, id="the-field-was-absent"),
        pytest.param(entry({"min_instances": 3}, a=hold(7), b=hold(40)), {"min_instances": 50}, id="holds-add-up"),
        pytest.param(
            entry({"min_instances": 3}, a=hold(7, ended=True), b=hold(40)), {"min_instances": 50}, id="one-has-ended"
        ),
        pytest.param(
            entry({"min_instances": 3}, a=hold(7, ended=True), b=hold(40, ended=True)),
            {"min_instances": 3},
            id="all-have-ended",
        ),
        pytest.param(entry({"min_instances": 3}), {"min_instances": 3}, id="no-hold"),
        pytest.param(entry({}, a=hold(warm=2)), {}, id="a-hold-that-needed-nothing"),
        pytest.param(
            entry({"max_instances": 100}, a=hold(max_instances=400), b=hold(max_instances=300)),
            {"max_instances": 400},
            id="the-most-generous-limit",
        ),
        pytest.param(
            entry({"max_instances": 100}, a=hold(max_instances=400, ended=True), b=hold(max_instances=300)),
            {"max_instances": 400},
            id="an-ended-limit-stays-while-another-exam-runs",
        ),
        pytest.param(
            entry({"max_instances": 100}, a=hold(max_instances=400, ended=True)),
            {"max_instances": 100},
            id="limits-end-with-the-last-hold",
        ),
        pytest.param(
            entry({"max_instances": 100}, a=hold(max_instances=50)), {"max_instances": 100}, id="a-hold-never-tightens"
        ),
        pytest.param(
            entry({"timeout_minutes": 60}, a=hold(timeout_minutes=0)),
            {"timeout_minutes": 0},
            id="zero-minutes-is-never",
        ),
        pytest.param(
            entry({"min_instances": 3}, a=hold(9, timeout_minutes=60)), {"min_instances": 12}, id="unwritten-field"
        ),
    ],
)
def test_the_desired_values_are_the_baseline_and_the_holds(record: Entry, desired: Values) -> None:
    assert record.desired() == desired


@pytest.mark.parametrize(
    ("field", "first", "second", "result"),
    [
        pytest.param("max_instances", 100, 300, 300, id="larger"),
        pytest.param("max_instances", 300, 100, 300, id="larger-first"),
        pytest.param("max_instances", 0, 5, 5, id="zero-closes"),
        pytest.param("max_instances", -1, 300, -1, id="negative-is-unlimited"),
        pytest.param("max_instances", 300, -1, -1, id="negative-second"),
        pytest.param("max_instances", None, 300, None, id="absent-is-unlimited"),
        pytest.param("timeout_minutes", 0, 60, 0, id="zero-minutes-is-never"),
        pytest.param("timeout_minutes", 60, 0, 0, id="zero-minutes-second"),
        pytest.param("timeout_minutes", None, 60, None, id="absent-is-never"),
        pytest.param("timeout_minutes", None, 0, None, id="two-ways-to-say-never-keep-the-first"),
        pytest.param("timeout_minutes", 60, 90, 90, id="longer"),
    ],
)
def test_the_more_generous_limit(field: str, first: int | None, second: int | None, result: int | None) -> None:
    assert more_generous(field, first, second) == result


@given(record=ENTRIES, order=st.randoms(use_true_random=False))
def test_the_order_of_holds_has_no_say(record: Entry, order: t.Any) -> None:
    names = sorted(record.holds)
    order.shuffle(names)
    assert record._replace(holds={name: record.holds[name] for name in names}).desired() == record.desired()


@pytest.mark.parametrize(
    ("field", "value", "ours"),
    [
        pytest.param("min_instances", 3, True, id="baseline"),
        pytest.param("min_instances", 50, True, id="written-first"),
        pytest.param("min_instances", 60, True, id="written-last"),
        pytest.param("min_instances", 51, False, id="neither"),
        pytest.param("min_instances", None, False, id="removed"),
        pytest.param("timeout_minutes", None, True, id="baseline-was-absent"),
        pytest.param("timeout_minutes", 60, False, id="set-by-somebody"),
        pytest.param("max_instances", 7, True, id="never-written-has-no-say"),
    ],
)
def test_live_values_are_ours_or_foreign(field: str, value: int | None, ours: bool) -> None:
    record = entry({"min_instances": 3, "timeout_minutes": None}, {"min_instances": 50}, {"min_instances": 60})
    assert record.is_ours(field, value) == ours
