"""The report in a real browser: report_page_test.py FP6SIM. Exit 77 (skipped) without Chromium.

A probe put around the page records console errors and uncaught exceptions, works the filters, choices, sorting and theme as a
user would, and leaves what it saw in the document, which Chromium prints.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

BEFORE = """<script>
window.seen = {errors: []};
window.addEventListener('error', (e) => seen.errors.push(String(e.message)));
console.error = (...what) => seen.errors.push(what.join(' '));
console.warn = console.error;
</script>"""

AFTER = """<script>
const pick = (id, text) => {
  const select = document.getElementById(id);
  select.value = text;
  select.dispatchEvent(new Event('change'));
};
const drawn = (id) => {
  const canvas = document.getElementById(id);
  if (!canvas || canvas.closest('section').hidden || !canvas.width) return 0;
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let i = 3; i < pixels.length; i += 4) inked += pixels[i] !== 0;
  return inked;
};
const tableText = () => document.querySelector('#points-table tbody tr').textContent;
// A key on a focused chart: what is then shown, and read out.
const spokenAfter = (id, key) => {
  const canvas = document.getElementById(id);
  canvas.focus();
  canvas.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  return document.activeElement === canvas && Chart.getChart(canvas).tooltip.opacity > 0 ? document.getElementById('spoken').textContent : '';
};
const act = () => {
  seen.ready = document.documentElement.dataset.ready;
  seen.sections = [...document.querySelectorAll('section:not([hidden])')].map((s) => s.id.replace('-section', ''));
  seen.open_ms = performance.now();
  seen.drawn = {};
  for (const id of ['speedup', 'roofline', 'stack', 'pareto', 'comparison']) seen.drawn[id] = drawn(id);
  seen.all = filtered.length;
  seen.models = [...document.querySelectorAll('#models-table tbody tr')].map((r) => [...r.children].map((c) => c.textContent));
  seen.tables = Object.fromEntries(['comparison', 'verification'].map((id) =>
    [id, [...document.querySelectorAll('#' + id + '-table tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))]));
  seen.unset = [...document.querySelectorAll('#filters select')].every((s) => s.selectedIndex === 0);
  if (seen.drawn.comparison) seen.spoken = ['Home', 'ArrowRight'].map((key) => spokenAfter('comparison', key));
  if (seen.all === 0) return finish();
  seen.filters = [...document.querySelectorAll('#filters select')].map((s) => s.id);
  pick('filter-kernel', '=w6a16');
  seen.w6a16 = filtered.length;
  seen.shown = document.getElementById('shown').textContent;
  seen.only = [...new Set(filtered.map((i) => value('kernel', i)))];
  pick('pareto-y', 'quality_db');
  seen.front = frontOf(filtered, 'time_us', 'energy_uj').length;
  pick('filter-kernel', '');
  const header = [...document.querySelectorAll('#points-table th button')].find((b) => b.textContent === 'time_us');
  header.click();
  seen.fastest = tableText();
  seen.sorted = header.parentElement.getAttribute('aria-sort');
  header.click();
  seen.slowest = tableText();
  seen.spoken = ['Home', 'ArrowRight', 'ArrowLeft', 'End'].map((key) => spokenAfter('pareto', key));
  seen.theme_before = document.documentElement.dataset.theme;
  document.getElementById('theme').click();
  seen.theme_after = document.documentElement.dataset.theme;
  finish();
};
const finish = () => {
  seen.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  seen.unnamed = [...document.querySelectorAll('canvas:not([aria-label]), select:not(label select), button:empty')].length;
  seen.loads = performance.getEntriesByType('resource').map((r) => r.name).filter((n) => !n.startsWith('data:'));
  const out = document.createElement('pre');
  out.id = 'probe';
  out.textContent = JSON.stringify(seen);
  document.body.append(out);
};
if (document.readyState === 'complete') act(); else window.addEventListener('load', act);
</script>"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    return None


def open_page(chromium, page, folder, size="1200,900"):
    with open(page) as file:
        text = file.read()
    probed = os.path.join(folder, "probed.html")
    with open(probed, "w") as file:
        file.write(text.replace("<head>", "<head>" + BEFORE, 1).replace("</body>", AFTER + "</body>"))
    dom = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                          "--user-data-dir=" + os.path.join(folder, "profile"), "--window-size=" + size,
                          "--virtual-time-budget=20000", "--dump-dom", "file://" + probed],
                         capture_output=True, text=True, timeout=120).stdout
    found = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.S)
    assert found, "the page's script did not come to its end:\n" + dom[-2000:]
    return json.loads(found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def check_page(seen, charts, points):
    assert seen["errors"] == [], seen["errors"]
    assert seen["loads"] == [], seen["loads"]
    assert seen["ready"] == "true"
    assert seen["all"] == points, seen["all"]
    for chart in charts:
        assert seen["drawn"][chart] > 500, (chart, seen["drawn"])
    assert 0 < seen["w6a16"] < points and seen["only"] == ["w6a16"], seen
    assert seen["shown"].startswith(str(seen["w6a16"])), seen["shown"]
    assert seen["front"] >= 1
    assert seen["sorted"] == "ascending" and seen["fastest"] != seen["slowest"]
    assert seen["theme_before"] != seen["theme_after"]
    assert seen["wide"] <= 0, "wider than the window by %d" % seen["wide"]
    assert seen["unnamed"] == 0 and seen["unset"]
    first, second, back, last = seen["spoken"]
    assert "time" in first and first == back and len({first, second, last}) == 3, seen["spoken"]


def check_small_page(seen, sections):
    """A page without points: a comparison, a verification, or both."""
    assert seen["errors"] == [] and seen["loads"] == [] and seen["ready"] == "true", seen
    assert seen["sections"] == sections, seen["sections"]
    assert seen["wide"] <= 0 and seen["unnamed"] == 0


def make_large(database, rows):
    """The small sweep's rows again and again, each under a key and a replaced field of its own."""
    with sqlite3.connect(database) as db:
        small = db.execute("SELECT count(*) FROM points").fetchone()[0]
        copies = rows // small
        columns = ("gpu,kernel,design,split,step,m,k,batch,warm_l2,exact,%s,error,time_us,dram_bandwidth_pct,bound_by,energy_uj,"
                   "area_mm2,quality_db,%s,seconds")
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO points "
                   "(key,%s) SELECT key || i, %s FROM points, n" %
                   (copies - 1, columns % ("overrides", "result"),
                    columns % ("json_set(overrides, '$.\"gpu.l2.ways\"', i)",
                               "json_set(result, '$.time_us', time_us * (1 + (i * 7919 % 1000) / 1000.0))")))
        return small * copies


def main():
    program = sys.argv[1]
    chromium = browser()
    if chromium is None:
        print("skipped: no Chromium")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        sweep, database, page = (os.path.join(folder, name) for name in ("s.json", "r.sqlite", "r.html"))
        with open(sweep, "w") as file:
            json.dump({"name": "<b>&</script>", "shapes": [[512, 512], [1024, 512]],
                       "axes": {"batch": [1, 2, 4, 8], "kernel": ["cublas-fp16", "w6a16", "w4a16-g128"],
                                "gpu.l2.size_mb": [20, 40], "split": ["", "padded8"]},
                       "constraints": ["kernel == 'w6a16' or split == ''"]}, file)
        subprocess.run([program, "sweep", sweep, "--db", database], check=True, capture_output=True)
        subprocess.run([program, "report", database, "-o", page], check=True, capture_output=True)
        charts = ["speedup", "roofline", "stack", "pareto"]
        check_page(open_page(chromium, page, folder), charts, 64)
        check_page(open_page(chromium, page, folder, "400,800"), charts, 64)  # a phone

        points = make_large(database, 20000)
        subprocess.run([program, "report", database, "-o", page], check=True, capture_output=True)
        seen = open_page(chromium, page, folder)
        check_page(seen, charts, points)
        print("%d points: %.1f MB, open after %.0f ms" % (points, os.path.getsize(page) / 1e6, seen["open_ms"]))

        # A run of whole decode steps: points as ever, and the table of models.
        model, run = os.path.join(folder, "model.json"), os.path.join(folder, "run")
        with open(model, "w") as file:
            json.dump({"name": "small", "description": "two layers", "blocks": [
                {"name": "decoder", "repeat": 2, "source": "this test", "layers": [
                    {"name": "up", "out_features": 512, "in_features": 256},
                    {"name": "down", "out_features": 256, "in_features": 512}]}]}, file)
        subprocess.run([program, "run", model, "--step", "--cold-l2", "--gpu", "a100-sxm-40g", "--out", run], check=True,
                       capture_output=True)
        seen = open_page(chromium, os.path.join(run, "report.html"), folder)
        check_page(seen, ["speedup", "roofline", "stack"], 24)
        assert [row[3] for row in seen["models"]] == ["cublas-fp16", "w4a16-g128", "w6a16"] * 4, seen["models"]

        # A comparison: the simulator's own times, 10 % off.
        rows = ["model,layer,M,K,batch,kernel,time_us"]
        for m in (256, 2048, 8192):
            gemm = subprocess.run([program, "gemm", "--m", str(m), "--k", "512", "--n", "8", "--json"], check=True,
                                  capture_output=True, text=True)
            rows.append("x,l,%d,512,8,w6a16,%g" % (m, json.loads(gemm.stdout)["time_us"] * 1.1))
        measured = os.path.join(folder, "m.csv")
        with open(measured, "w") as file:
            file.write("\n".join(rows) + "\n")
        compared = subprocess.run([program, "compare", measured, "--gpu", "a100-sxm-80g", "--json"], check=True,
                                  capture_output=True, text=True).stdout
        out = os.path.join(folder, "out")
        os.mkdir(out)
        with open(os.path.join(out, "compare.json"), "w") as file:
            file.write(compared)
        subprocess.run([program, "report", out, "-o", page], check=True, capture_output=True)
        for size in ("1200,900", "400,800"):
            seen = open_page(chromium, page, folder, size)
            check_small_page(seen, ["comparison"])
            assert seen["drawn"]["comparison"] > 500
            assert [row[:2] for row in seen["tables"]["comparison"]] == [["w6a16", "3"]], seen["tables"]
            assert "measured" in seen["spoken"][0] and seen["spoken"][0] != seen["spoken"][1], seen["spoken"]

        # A verification: what the program itself compares, where it can.
        verified = subprocess.run([program, "verify", "--kernel", "w6a16", "--m", "64", "--k", "64", "--n", "8", "--json"],
                                  capture_output=True, text=True)
        if verified.returncode == 0:
            with open(os.path.join(out, "verify.json"), "w") as file:
                file.write(verified.stdout)
            subprocess.run([program, "report", out, "-o", page], check=True, capture_output=True)
            seen = open_page(chromium, page, folder)
            check_small_page(seen, ["comparison", "verification"])
            rows = seen["tables"]["verification"]
            assert rows[-1] == ["all", "512", "0"] and rows[0][0].startswith("kernels w6a16"), rows
        else:
            print("not opened: a verification (%s)" % verified.stderr.strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
