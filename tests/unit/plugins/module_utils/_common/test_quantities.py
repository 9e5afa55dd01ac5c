# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.eduide.theia.plugins.module_utils._common.quantities import (
    SUFFIXES,
    byte_count,
    millicores,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("0", "0", id="zero"),
        pytest.param("2", "2", id="plain"),
        pytest.param(4096, "4096", id="integer"),
        pytest.param(0.5, "0.5", id="float"),
        pytest.param("500m", "0.5", id="milli"),
        pytest.param("12u", "0.000012", id="micro"),
        pytest.param("123456789n", "0.123456789", id="nano"),
        pytest.param("3000M", "3000000000", id="decimal-mega"),
        pytest.param("1k", "1000", id="kilo"),
        pytest.param("250Mi", "262144000", id="binary-mega"),
        pytest.param("1.5Gi", "1610612736", id="fraction-of-gibi"),
        pytest.param("600Gi", "644245094400", id="gibi"),
        pytest.param("2Ti", "2199023255552", id="tebi"),
        pytest.param("1Ei", "1152921504606846976", id="exbi"),
        pytest.param("1E", "1000000000000000000", id="exa-is-no-exponent"),
        pytest.param("1e3", "1000", id="exponent"),
        pytest.param("1E3", "1000", id="exponent-is-no-exa"),
        pytest.param("1.2e-3", "0.0012", id="small-exponent"),
        pytest.param("1.2345E+8", "123450000", id="java-decimal"),
        pytest.param(".5", "0.5", id="no-leading-digit"),
        pytest.param("5.", "5", id="no-fraction-digits"),
        pytest.param("-1", "-1", id="negative"),
        pytest.param(" 1Gi ", "1073741824", id="blanks-around"),
    ],
)
def test_quantities_are_read_exactly(text, value):
    assert parse_quantity(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "Mi", "1 Mi", "1mi", "1K", "1e", "0x10", "1,5", "NaN", "Infinity", "--1", "1MB", "٣"]
)
def test_what_is_no_quantity_is_an_error(text):
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        parse_quantity(text)


def test_units_are_rounded_up_as_kubectl_top_does():
    assert (millicores("123456789n"), millicores("0"), millicores("2"), millicores(None)) == (124, 0, 2000, None)
    assert (byte_count("1.1"), byte_count("1Ki"), byte_count(None)) == (2, 1024, None)


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(sorted(SUFFIXES)))
def test_a_suffix_multiplies(number, suffix):
    assert parse_quantity(f"{number}{suffix}") == number * SUFFIXES[suffix]


@given(st.text(max_size=8))
def test_any_text_is_a_number_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert parse_quantity(text).is_finite()
