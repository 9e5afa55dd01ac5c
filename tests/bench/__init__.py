# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the collection takes, side by side with what people would use instead. `make bench` calls it.

Limits on time are kept here and nowhere in the tests: what counts are ratios between commands that took turns on one
machine, not seconds.
"""
