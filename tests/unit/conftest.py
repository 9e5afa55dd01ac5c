# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: no example has to be done within a wall time.
# The same commit tries the same examples wherever it is tested; new ones are looked for on purpose, with
# --hypothesis-profile=explore.
settings.register_profile("reproducible", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile("reproducible")
