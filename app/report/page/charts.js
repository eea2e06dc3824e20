// The charts. Each has an update() that draws what the filters and its own choices leave.
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.responsive = true;

// Okabe and Ito's palette: told apart by colour-blind readers; blue and yellow lightened for dark grounds.
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#8c564b', '#7f7f7f', '#bcbd22', '#9467bd'];
const pointStyles = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'cross', 'crossRot', 'dash'];
const keyed = new Map();
function colourOf(name) {
  if (!keyed.has(name)) keyed.set(name, keyed.size);
  return palette[keyed.get(name) % palette.length];
}
function styleOf(name) { colourOf(name); return pointStyles[keyed.get(name) % pointStyles.length]; }
for (const i of everyPoint) colourOf(variant(i));  // a kernel has one colour in every chart
const narrow = window.innerWidth < 600;
if (narrow) Chart.defaults.font.size = 10;
const pointLegend = {labels: {usePointStyle: true, boxHeight: narrow ? 5 : 7, boxWidth: narrow ? 5 : 40, padding: narrow ? 6 : 10}};
function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

const charts = [];
function makeChart(id, config) {
  document.getElementById(id + '-section').hidden = false;
  const chart = new Chart(document.getElementById(id), config);
  charts.push(chart);
  addKeys(chart);
  return chart;
}
function recolour() {
  Chart.defaults.color = ink('--ink');
  Chart.defaults.borderColor = ink('--line');
  for (const chart of charts) {
    for (const scale of Object.values(chart.options.scales)) {
      scale.grid = {...scale.grid, color: ink('--line')};
      scale.ticks = {...scale.ticks, color: ink('--ink')};
      if (scale.title) scale.title.color = ink('--ink');
    }
    chart.options.plugins.legend.labels = {...chart.options.plugins.legend.labels, color: ink('--ink')};
    chart.update();
  }
}
function axis(text, more) { return {title: {display: true, text, color: ink('--ink')}, ...more}; }
function pointText(i) {
  const fields = report.fields.map((name) => `${name} = ${format(value(name, i))}`);
  return [`${variant(i)} on ${value('gpu', i)}`, `${layerText(i)}, batch ${value('batch', i)}`, ...fields,
    ...quantities.filter(([name]) => value(name, i) !== null && name !== 'batch')
      .slice(0, 6).map(([name, text]) => `${text}: ${format(value(name, i))}`),
    `bound by ${value('bound_by', i)}`];
}
const hover = {callbacks: {title: () => '', label: (item) => item.raw.i === undefined ? item.dataset.label : pointText(item.raw.i)}};

/** One of the choices of a chart; falls back to the first where the filters took the chosen one away. */
function makeChoice(parentId, title, changed) {
  const parent = document.getElementById(parentId);
  const select = addSelect(parent, title, [], '', changed);
  return (options) => {
    const before = select.value;
    select.replaceChildren(...options.map((v) => new Option(v, v, false, v === before)));
    return select.value;
  };
}

function powersOfTwo(scale) {
  scale.ticks = [];
  for (let v = 1; v <= scale.max; v *= 2) if (v >= scale.min) scale.ticks.push({value: v});
}

function speedupChart() {
  if (!columns.speedup || distinct('batch', everyPoint).length < 2) return null;
  const chart = makeChart('speedup', {type: 'line', data: {datasets: []}, options: {
    parsing: false, plugins: {tooltip: hover, legend: {labels: {...pointLegend.labels, filter: (item) => !item.text.startsWith('ceiling')}}},
    scales: {x: axis('batch', {type: 'logarithmic', afterBuildTicks: powersOfTwo, ticks: {callback: (v) => v}}),
      y: axis('speedup over FP16', {beginAtZero: true})}}});
  const gpu = makeChoice('speedup-choices', 'GPU', update), layer = makeChoice('speedup-choices', 'layer', update);
  function update() {
    const onGpu = gpu(distinct('gpu', filtered));
    const ofGpu = filtered.filter((i) => value('gpu', i) === onGpu);
    const texts = [...new Set(ofGpu.map(layerText))];
    const onLayer = layer(texts);
    const lines = new Map();
    const shown = ofGpu.filter((i) => layerText(i) === onLayer && value('speedup', i) !== null);
    const fields = varyingFields(shown);
    for (const i of shown) {
      const name = variant(i) + fieldsText(fields, i);
      if (!lines.has(name)) lines.set(name, []);
      lines.get(name).push(i);
    }
    chart.data.datasets = [...lines].slice(0, 12).flatMap(([name, points]) => {
      points.sort((a, b) => value('batch', a) - value('batch', b));
      const colour = colourOf(name);
      const line = {label: name, borderColor: colour, backgroundColor: colour, pointStyle: styleOf(name), pointRadius: 5,
        data: points.map((i) => ({x: value('batch', i), y: value('speedup', i), i}))};
      const ceiling = {label: 'ceiling of ' + name, borderColor: colour, borderDash: [6, 4], borderWidth: 1, pointRadius: 0,
        data: points.filter((i) => value('ceiling', i) !== null).map((i) => ({x: value('batch', i), y: value('ceiling', i)}))};
      return [line, ceiling];
    });
    chart.update();
  }
  return update;
}

function rooflineChart() {
  if (!columns.intensity) return null;
  const chart = makeChart('roofline', {type: 'scatter', data: {datasets: []}, options: {
    parsing: false, normalized: true, plugins: {tooltip: hover, legend: pointLegend},
    scales: {x: axis('multiply-adds x 2 per DRAM byte', {type: 'logarithmic'}), y: axis('TFLOP/s', {type: 'logarithmic'})}}});
  return function update() {
    const groups = new Map(), roofs = new Map();
    for (const i of filtered) {
      const name = value('kernel', i);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push({x: value('intensity', i), y: value('tflops', i), i});
      roofs.set(value('gpu', i) + '|' + value('peak_gb_s', i) + '|' + value('peak_tflops', i), i);
    }
    let low = Infinity, high = 0;
    for (const i of filtered) { low = Math.min(low, value('intensity', i)); high = Math.max(high, value('intensity', i)); }
    const lines = [...roofs.values()].slice(0, 6).map((i) => {
      const bandwidth = value('peak_gb_s', i) / 1000, peak = value('peak_tflops', i), knee = peak / bandwidth;
      const right = Math.max(high * 2, knee * 2);
      return {type: 'line', label: `${value('gpu', i)}: ${format(bandwidth)} TB/s, ${format(peak)} TFLOP/s`, pointStyle: 'line', borderColor: ink('--faint'), borderWidth: 1, pointRadius: 0,
        data: [{x: low / 2, y: low / 2 * bandwidth}, {x: knee, y: peak}, {x: right, y: peak}]};
    });
    chart.data.datasets = [...[...groups].map(([name, data]) => ({label: name, data, backgroundColor: colourOf(name),
      borderColor: colourOf(name), pointStyle: styleOf(name), pointRadius: data.length > 2000 ? 2 : 4})), ...lines];
    chart.update();
  };
}

const mostBars = 40;
function stackChart() {
  if (stackNames.length === 0) return null;
  const chart = makeChart('stack', {type: 'bar', data: {labels: [], datasets: []}, options: {
    indexAxis: 'y', plugins: {legend: {labels: {boxWidth: narrow ? 10 : 40, padding: narrow ? 6 : 10}}, tooltip: {callbacks: {label: (item) => `${item.dataset.label}: ${format(item.raw)} \u00b5s`}}},
    scales: {x: axis('\u00b5s', {stacked: true}), y: {stacked: true, ticks: {autoSkip: false, font: {size: 10}}}}}});
  const batch = makeChoice('stack-choices', 'batch', update), gpu = makeChoice('stack-choices', 'GPU', update);
  function update() {
    const onGpu = gpu(distinct('gpu', filtered));
    const onBatch = batch(distinct('batch', filtered.filter((i) => value('gpu', i) === onGpu)).map(String));
    const points = filtered.filter((i) => value('gpu', i) === onGpu && String(value('batch', i)) === onBatch &&
      value('time_us', i) !== null).slice(0, mostBars);
    const fields = varyingFields(points);
    chart.data.labels = points.map((i) => `${layerText(i)} ${variant(i)}${fieldsText(fields, i)}`);
    chart.data.datasets = stackNames.map((name, at) => ({label: name, backgroundColor: palette[at % palette.length],
      data: points.map((i) => report.stacks[at][i] * value('time_us', i))}));
    chart.update();
  }
  return update;
}

/** Indices of the points no other beats in both quantities: one sweep over the sorted points. */
function frontOf(points, x, y) {
  const sign = (name) => largerIsBetter.has(name) ? -1 : 1;
  const sorted = points.slice().sort((a, b) => sign(x) * (value(x, a) - value(x, b)) || sign(y) * (value(y, a) - value(y, b)));
  const front = [];
  let best = Infinity, bestX = null;
  for (const i of sorted) {
    const here = sign(y) * value(y, i);
    if (here < best || (here === best && value(x, i) === bestX)) { front.push(i); best = here; bestX = value(x, i); }
  }
  return front;
}

function paretoChart() {
  if (count < 2 || quantities.length < 2) return null;
  let x = 'time_us', y = ['energy_uj', 'quality_db'].find((name) => columns[name]) || quantities[1][0];
  const chart = makeChart('pareto', {type: 'scatter', data: {datasets: []}, options: {
    parsing: false, normalized: true, plugins: {tooltip: hover, legend: pointLegend}, scales: {x: axis(''), y: axis('')}}});
  addSelect(document.getElementById('pareto-choices'), 'across', quantities, x, (v) => { x = v; update(); }).id = 'pareto-x';
  addSelect(document.getElementById('pareto-choices'), 'up', quantities, y, (v) => { y = v; update(); }).id = 'pareto-y';
  function update() {
    const points = filtered.filter((i) => value(x, i) !== null && value(y, i) !== null);
    const groups = new Map();
    for (const i of points) {
      const name = variant(i);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push({x: value(x, i), y: value(y, i), i});
    }
    const front = frontOf(points, x, y);
    chart.options.scales.x.title.text = quantityLabel(x);
    chart.options.scales.y.title.text = quantityLabel(y);
    chart.data.datasets = [{label: 'Pareto front', type: 'scatter', pointStyle: 'circle', showLine: true, stepped: false, borderWidth: 1.5, borderColor: ink('--ink'),
      backgroundColor: 'transparent', pointRadius: 7, data: front.map((i) => ({x: value(x, i), y: value(y, i), i}))},
      ...[...groups].map(([name, data]) => ({label: name, data, backgroundColor: colourOf(name), borderColor: colourOf(name),
        pointStyle: styleOf(name), pointRadius: points.length > 2000 ? 2 : 4}))];
    chart.update();
  }
  return update;
}

function comparisonChart() {
  const rows = report.comparison && report.comparison.rows;
  if (!rows || rows.length === 0) return null;
  const groups = new Map();
  let low = Infinity, high = 0;
  for (const row of rows) {
    const name = row.kernel + ', ' + row.quantity;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push({x: row.measured, y: row.predicted, row});
    low = Math.min(low, row.measured, row.predicted);
    high = Math.max(high, row.measured, row.predicted);
  }
  const label = (item) => item.raw.row ? [`${item.raw.row.model} ${item.raw.row.layer}, batch ${item.raw.row.batch}`,
    `measured ${format(item.raw.x)}, predicted ${format(item.raw.y)} (${format(item.raw.row.error_pct)} %)`,
    `bound by ${item.raw.row.bound_by}`] : item.dataset.label;
  makeChart('comparison', {type: 'scatter', options: {parsing: false, plugins: {legend: pointLegend, tooltip: {callbacks: {label}}},
    scales: {x: axis('measured', {type: 'logarithmic'}), y: axis('predicted', {type: 'logarithmic'})}},
    data: {datasets: [{type: 'line', label: 'equal', pointStyle: 'line', data: [{x: low, y: low}, {x: high, y: high}], pointRadius: 0, borderWidth: 1,
      borderColor: ink('--faint')}, ...[...groups].map(([name, data]) => ({label: name, data, backgroundColor: colourOf(name),
      pointStyle: styleOf(name), borderColor: colourOf(name), pointRadius: 4}))]}});
  const kernels = report.comparison.kernels;
  buildTable(document.getElementById('comparison-table'),
    [['kernel', false], ['rows', true], ['mean error %', true], ['p90 %', true], ['worst %', true], ['best constant %', true]],
    Object.entries(kernels).map(([name, k]) => [name, k.count, k.mean_abs_error_pct, k.p90_abs_error_pct,
      k.worst_abs_error_pct, k.constant_mean_abs_error_pct]));
  return () => {};
}
