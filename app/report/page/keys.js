// Charts by keyboard: a focused chart's points are visited with the arrow keys, and read out.

/** Every drawn point of a chart, left to right: what an arrow key goes through. */
function visitable(chart) {
  const points = [];
  chart.data.datasets.forEach((dataset, datasetIndex) => {
    if (dataset.pointRadius === 0 || dataset.label === 'Pareto front' || !chart.isDatasetVisible(datasetIndex)) return;
    chart.getDatasetMeta(datasetIndex).data.forEach((element, index) => points.push({datasetIndex, index, element}));
  });
  const across = chart.options.indexAxis !== 'y';
  return points.sort((a, b) => across ? a.element.x - b.element.x || a.element.y - b.element.y
    : a.element.y - b.element.y || a.element.x - b.element.x);
}

function showPoint(chart, point) {
  const {datasetIndex, index, element} = point;
  chart.setActiveElements([{datasetIndex, index}]);
  chart.tooltip.setActiveElements([{datasetIndex, index}], {x: element.x, y: element.y});
  chart.update();
  document.getElementById('spoken').textContent = (chart.tooltip.body || []).flatMap((part) => part.lines).join(', ');
}

function addKeys(chart) {
  const canvas = chart.canvas;
  canvas.tabIndex = 0;
  let at = -1;
  canvas.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    if (event.key === 'Escape') {
      chart.setActiveElements([]);
      chart.tooltip.setActiveElements([], {x: 0, y: 0});
      chart.update();
    }
    if (!step && event.key !== 'Home' && event.key !== 'End') return;
    const points = visitable(chart);
    if (points.length === 0) return;
    event.preventDefault();
    if (event.key === 'Home') at = 0;
    else if (event.key === 'End') at = points.length - 1;
    else at = (Math.min(at, points.length - 1) + step + points.length) % points.length;
    showPoint(chart, points[at]);
  });
}
