# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page as a browser shows it, where there is one: nothing sticks out at the side, and every text can be read."""

from __future__ import annotations

import json
import re
from html import escape, unescape

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._status.page import html
from ansible_collections.eduide.theia.plugins.module_utils._status.page.charts import Charts
from tools.browser import document, find_browser
from unit import page_world as world

BROWSER = find_browser()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is on PATH; the style sheet is tested without one")

# Measures the page in a frame, since a window may not be as narrow as a phone.
MEASURE = """
<!doctype html><iframe width="%d" height="900" style="border: 0" srcdoc="%s"></iframe><pre></pre><script>
const frame = document.querySelector("iframe");
frame.onload = () => {
  const inside = frame.contentDocument, view = frame.contentWindow;
  const parts = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => {
    const line = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = parts(view.getComputedStyle(each).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const low = [];
  let texts = 0;
  for (const element of inside.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own) continue;
    texts += 1;
    const style = view.getComputedStyle(element);
    const pair = [luminance(parts(element.ownerSVGElement ? style.fill : style.color)), luminance(ground(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) low.push([element.tagName, element.textContent.slice(0, 40), ratio]);
  }
  const root = inside.documentElement;
  const ground_is = parts(view.getComputedStyle(inside.body).backgroundColor);
  const told = { over: root.scrollWidth - root.clientWidth, low, texts, dark: luminance(ground_is) < 0.5 };
  document.querySelector("pre").textContent = JSON.stringify(told);
};
</script>
"""


@pytest.fixture(scope="module")
def page():
    pytest.importorskip("pygal", reason="the environment was made before pygal was pinned")
    return html.page(world.report(slow=3, lines=["x" * 300, *(["a line"] * 5)]), Charts(None), None)


@pytest.fixture
def measured(tmp_path):
    def measure(page, width, *, dark=False):
        frame = tmp_path / "frame.html"
        frame.write_text(MEASURE % (width, escape(page)))
        (told,) = re.findall(r"<pre>(.*?)</pre>", document(BROWSER, frame, dark=dark)[-20_000:], flags=re.DOTALL)[-1:]
        return json.loads(unescape(told))

    return measure


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, False), (1280, True), (390, True)])
def test_nothing_sticks_out_and_every_text_can_be_read(page, measured, width, dark):
    found = measured(page, width, dark=dark)
    assert (found["over"], found["low"], found["dark"]) == (0, [], dark)
    assert found["texts"] > 100


def test_the_measure_sees_what_is_wrong(page, measured):
    wide = page.replace("<main>", '<main><div style="width: 2000px">wide</div>')
    pale = page.replace("<main>", '<main><p style="color: #8a8a8a">pale</p>')
    assert measured(wide, 390)["over"] > 1000
    assert [text for _tag, text, _ratio in measured(pale, 390)["low"]] == ["pale"]
