'use strict';
// The embedded data: columns, not rows. {"gpu": {"names": [...], "codes": [...]}, "time_us": [...], ...}
const report = JSON.parse(document.getElementById('report-data').textContent);
const columns = report.columns;
const count = report.count;
const stackNames = report.stack_names;

/** Value of a column for a point: text for coded columns, a number or null otherwise. */
function value(name, i) {
  const column = columns[name];
  if (!column) return null;
  return column.names ? column.names[column.codes[i]] : column[i];
}
function isText(name) { return Boolean(columns[name] && columns[name].names); }

/** Distinct values of a column over the given points, numbers ascending, texts in order of appearance. */
function distinct(name, points) {
  const found = new Set();
  for (const i of points) found.add(value(name, i));
  const list = [...found].filter((v) => v !== null);
  return isText(name) ? list : list.sort((a, b) => a - b);
}

/** "w6a16 @smem 4+2": what distinguishes lines in a chart. */
function variant(i) {
  let text = value('kernel', i);
  if (value('design', i) !== 'simt') text += ' @' + value('design', i);
  if (value('split', i)) text += ' ' + value('split', i);
  return text;
}
function layerText(i) {
  return (value('workload', i) ? value('workload', i) + ' ' : '') + value('layer', i);
}

/** Replaced fields that differ among these points, and a point's values of them: "gpu.l2.size_mb 40". */
function varyingFields(points) {
  return report.fields.filter((name) => points.some((i) => value(name, i) !== value(name, points[0])));
}
function fieldsText(fields, i) {
  return fields.filter((name) => value(name, i) !== null && value(name, i) !== '')
    .map((name) => `, ${name.split('.').pop()} ${format(value(name, i))}`).join('');
}

const everyPoint = Array.from({length: count}, (_, i) => i);
let filtered = everyPoint;
const chosen = {};  // filter name -> the chosen value, undefined for all

function applyFilters() {
  const active = Object.entries(chosen).filter(([, wanted]) => wanted !== undefined);
  filtered = everyPoint.filter((i) => active.every(([name, wanted]) => value(name, i) === wanted));
}

const quantities = [
  ['time_us', 'time, \u00b5s'], ['speedup', 'speedup over FP16'], ['energy_uj', 'energy, \u00b5J'],
  ['area_mm2', 'added area, mm\u00b2'], ['quality_db', 'signal to quantisation noise, dB'],
  ['bits_per_weight', 'bits a weight'], ['dram_bandwidth_pct', 'DRAM bandwidth, % of peak'],
  ['dram_bytes', 'DRAM bytes'], ['floor_us', 'byte floor, \u00b5s'], ['batch', 'batch'],
].filter(([name]) => columns[name]);
const largerIsBetter = new Set(['speedup', 'quality_db', 'dram_bandwidth_pct']);
function quantityLabel(name) {
  const found = quantities.find(([key]) => key === name);
  return found ? found[1] : name;
}
function format(v) {
  if (v === null || v === undefined) return '';
  if (typeof v !== 'number') return String(v);
  if (Number.isInteger(v)) return String(v);
  const size = Math.abs(v);
  return size >= 1000 ? v.toFixed(0) : size >= 100 ? v.toFixed(1) : size >= 1 ? v.toFixed(2) : v.toPrecision(3);
}
