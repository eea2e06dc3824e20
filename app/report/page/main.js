// Putting the page together.
document.title = report.title;
document.getElementById('title').textContent = report.title;
document.getElementById('subtitle').textContent = report.subtitle;
document.getElementById('program').textContent = report.program;
setTheme(window.matchMedia('(prefers-color-scheme: dark)').matches);
Chart.defaults.color = ink('--ink');
Chart.defaults.borderColor = ink('--line');

const updates = (count > 0 ? [speedupChart, rooflineChart, stackChart, paretoChart] : []).map((make) => make()).filter(Boolean);
comparisonChart();

const shownColumns = ['workload', 'layer', 'm', 'k', 'batch', 'gpu', 'kernel', 'design', 'split', 'time_us', 'speedup',
  'dram_bandwidth_pct', 'bound_by', ...report.fields, 'energy_uj', 'area_mm2', 'quality_db', 'l2_state', 'error']
  .filter((name) => columns[name] && distinct(name, everyPoint).some((v) => v !== '' && !(v === 0 && (name === 'm' || name === 'k'))));
function tableRows() { return filtered.map((i) => shownColumns.map((name) => value(name, i))); }
let pointsTable = null;
if (count > 0) {
  document.getElementById('points-section').hidden = false;
  pointsTable = buildTable(document.getElementById('points-table'), shownColumns.map((name) => [name, !isText(name)]), tableRows());
}

if (report.models) {
  document.getElementById('models-section').hidden = false;
  document.getElementById('models-note').textContent = report.step
    ? 'One decode step, all linear layers one after the other with the L2 carried along.'
    : 'The linear layers of one decode step, each simulated alone and times its count.';
  buildTable(document.getElementById('models-table'), [['workload', false], ['gpu', false], ['batch', true], ['kernel', false],
    ['design', false], ['ms a step', true], ['tokens/s', true], ['speedup', true]], report.models);
}

if (report.verification) {
  document.getElementById('verification-section').hidden = false;
  buildTable(document.getElementById('verification-table'), [['what', false], ['compared', true], ['mismatches', true]],
    report.verification);
}

function refresh() {
  applyFilters();
  document.getElementById('shown').textContent = count > 0 ? `${filtered.length} of ${count} points` : '';
  for (const update of updates) update();
  if (pointsTable) pointsTable.setRows(tableRows());
}
buildFilters(refresh);
document.getElementById('theme').addEventListener('click', () => {
  setTheme(document.documentElement.dataset.theme !== 'dark');
  recolour();
  refresh();
});
refresh();
document.documentElement.dataset.ready = 'true';
