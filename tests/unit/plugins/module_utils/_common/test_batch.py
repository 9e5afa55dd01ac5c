# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many items at once: order, bounds and failures."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.batch import in_parallel


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_results_keep_the_order_of_the_items(concurrency):
    assert in_parallel(lambda number: number * 2, range(50), concurrency) == [number * 2 for number in range(50)]


def test_nothing_to_do_is_done():
    assert in_parallel(lambda number: number, [], 4) == []


def test_as_many_run_at_once_as_allowed_and_no_more():
    together = threading.Barrier(3, timeout=10)
    running, most, counting = set(), [], threading.Lock()

    def work(number):
        with counting:
            running.add(number)
            most.append(len(running))
        together.wait()
        with counting:
            running.discard(number)

    in_parallel(work, range(9), 3)
    assert max(most) == 3


@pytest.mark.parametrize("concurrency", [1, 3])
def test_after_a_failure_nothing_new_is_begun_and_the_failure_is_raised(concurrency):
    begun = []

    def work(number):
        begun.append(number)
        if number == 5:
            raise ValueError("the sixth")
        return number

    with pytest.raises(ValueError, match="the sixth"):
        in_parallel(work, range(100_000), concurrency)
    assert len(begun) < 100_000
    if concurrency == 1:
        assert begun == [0, 1, 2, 3, 4, 5]
