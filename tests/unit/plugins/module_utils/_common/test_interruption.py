# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a signal does to a module."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Interrupted
from ansible_collections.eduide.theia.plugins.module_utils._common.interruption import interruptible
from ansible_collections.eduide.theia.plugins.module_utils._common.programs import run_program
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline


def told_to_end(number, progress=None):
    with interruptible(progress):
        try:
            os.kill(os.getpid(), number)
        except Exception:  # noqa: BLE001
            pytest.fail("taken for a failure")
        pytest.fail("it goes on")


@pytest.mark.parametrize(("number", "stays"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_signal_is_a_failure_in_words(number, stays, tmp_path):
    progress = tmp_path / "progress"
    progress.touch()
    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=f"interrupted by {number.name}; what was done stays"):
        told_to_end(number, str(progress))
    assert progress.exists() == stays
    assert signal.getsignal(number) == before


def test_a_helper_program_ends_with_the_module():
    asleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    with pytest.raises(Interrupted), interruptible(None):
        run_program(asleep, environ=os.environ, folder=None, deadline=Deadline(30))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_only_the_main_thread_has_signals():
    found = []
    thread = threading.Thread(target=lambda: found.append(interruptible(None).__enter__()))
    thread.start()
    thread.join()
    assert found == [None]
