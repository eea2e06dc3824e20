// Filters, theme, and tables.
function addSelect(parent, title, options, selected, changed) {
  const label = document.createElement('label');
  label.textContent = title;
  const select = document.createElement('select');
  for (const [key, text] of options) select.add(new Option(text, key, false, key === selected));
  select.addEventListener('change', () => changed(select.value));
  label.append(select);
  parent.append(label);
  return select;
}

function buildFilters(changed) {
  const form = document.getElementById('filters');
  const names = ['workload', 'layer', 'gpu', 'kernel', 'design', 'split', 'batch', 'l2_state', 'bound_by', ...report.fields];
  for (const name of names) {
    if (!columns[name]) continue;
    const values = distinct(name, everyPoint);
    if (values.length < 2 || values.length > 200) continue;
    // "=" before a value: an empty text ("the kernel's own split") is not "all".
    const options = [['', 'all'], ...values.map((v) => ['=' + v, v === '' ? 'own' : format(v)])];
    const select = addSelect(form, name, options, '', (key) => { chosen[name] = values.find((v) => '=' + v === key); changed(); });
    select.id = 'filter-' + name;
  }
  form.hidden = form.children.length === 0;
}

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  const button = document.getElementById('theme');
  button.setAttribute('aria-pressed', String(dark));
  button.textContent = dark ? 'Light' : 'Dark';
}

const rowsPerPage = 50;

/** A sortable table of `rows` (arrays) under `header` ([name, isNumber] pairs), a page at a time. */
function buildTable(parent, header, rows) {
  const state = {column: -1, descending: false, page: 0};
  const scroll = document.createElement('div');
  scroll.className = 'scroll';
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'Table');
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  const pages = document.createElement('div');
  pages.className = 'pages';
  let shown = rows;
  header.forEach(([name, isNumber], index) => {
    const cell = document.createElement('th');
    cell.scope = 'col';
    if (isNumber) cell.className = 'number';
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => {
      state.descending = state.column === index ? !state.descending : false;
      state.column = index;
      state.page = 0;
      sort();
      draw();
    });
    cell.append(button);
    head.append(cell);
  });
  const step = (text, by) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.addEventListener('click', () => { state.page += by; draw(); });
    return button;
  };
  const before = step('Earlier', -1), after = step('Later', 1), where = document.createElement('span');
  pages.append(before, where, after);
  function sort() {
    if (state.column < 0) return;
    const sign = state.descending ? -1 : 1, at = state.column;
    shown = shown.slice().sort((a, b) => {
      const x = a[at], y = b[at];
      if (x === y) return 0;
      if (x === null || x === '') return 1;   // what is missing comes last, either way
      if (y === null || y === '') return -1;
      return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
    });
  }
  function draw() {
    const last = Math.max(0, Math.ceil(shown.length / rowsPerPage) - 1);
    state.page = Math.min(Math.max(state.page, 0), last);
    [...head.cells].forEach((cell, index) => {
      if (index !== state.column) return cell.removeAttribute('aria-sort');
      cell.setAttribute('aria-sort', state.descending ? 'descending' : 'ascending');
    });
    body.replaceChildren();
    for (const row of shown.slice(state.page * rowsPerPage, (state.page + 1) * rowsPerPage)) {
      const line = body.insertRow();
      row.forEach((v, index) => {
        const cell = line.insertCell();
        cell.textContent = format(v);
        if (header[index][1]) cell.className = 'number';
      });
    }
    pages.hidden = last === 0;
    before.disabled = state.page === 0;
    after.disabled = state.page === last;
    where.textContent = `page ${state.page + 1} of ${last + 1}, ${shown.length} rows`;
  }
  scroll.append(table);
  parent.replaceChildren(scroll, pages);
  draw();
  return {setRows(next) { shown = next; state.page = 0; sort(); draw(); }};
}
