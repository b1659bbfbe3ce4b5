// The second part of the boards of board.py: what stands between the maps. The window with its numbers, the kernel that
// can be typed into, and what becomes of them.

// As the server reads them: its word counts, this only marks the cell.
function isNumber(text) {
  return /^[+\-−]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(\/\d*\.?\d+)?$/i.test(text.trim());
}

function strongestOf(values) { return values.indexOf(Math.max(...values)); }

class Numbers {
  // edit is called with what is typed into the kernel, as text.
  constructor(edit) {
    this.edit = edit;
    this.node = make('div', 'between');
  }

  show(data) {
    this.data = data;
    const { kind, kernel, window: side } = data;
    // Whoever goes on with Tab stays where the focus was.
    const held = (this.inputs ?? []).indexOf(document.activeElement);
    this.cells = [];
    this.inputs = [];
    this.total = make('div', 'total');
    const grid = make('div', 'cells');
    grid.style.setProperty('--side', side);
    for (let index = 0; index < side * side; index++) {
      const cell = make('div', 'cell');
      if (kernel && kernel.isEditable) cell.append(this.input(index));
      else if (kernel) cell.append(make('b', '', kernel.texts[index]));
      cell.append(make('span', 'under'));
      this.cells.push(cell);
      grid.append(cell);
    }
    const heads = { convolution: 'kernel × window', max: 'window', average: 'window', activation: 'in', flatten: 'in' };
    this.node.className = `between ${kind} side-${side}`;
    this.node.replaceChildren(make('div', 'head', heads[kind]), grid, this.total);
    this.inputs[held]?.focus({ preventScroll: true });
  }

  input(index) {
    const { kernel, window: side } = this.data, node = make('input');
    node.value = kernel.texts[index];
    node.setAttribute('aria-label', `kernel, row ${Math.floor(index / side) + 1}, column ${index % side + 1}`);
    node.spellcheck = false;
    node.autocomplete = 'off';
    this.inputs.push(node);
    node.addEventListener('focus', () => node.select());
    node.addEventListener('change', () => {
      node.setAttribute('aria-invalid', String(!isNumber(node.value)));
      this.edit(this.inputs.map((one) => one.value.trim() || '?').join(' '));
    });
    node.addEventListener('keydown', (event) => { if (event.key === 'Enter') node.blur(); });
    // Many numbers at once are a kernel of their own.
    node.addEventListener('paste', (event) => {
      const text = event.clipboardData.getData('text');
      if (text.trim().split(/[\s,;]+/).length < 2) return;
      event.preventDefault();
      this.edit(text.slice(0, 2000));
    });
    return node;
  }

  // Fills in what lies in the window, and tells in words what becomes of it.
  fill(values, at, corner) {
    const { kind, kernel, before, after, colours } = this.data;
    const result = after.values[at[0] * after.columns + at[1]];
    const products = kernel ? values.map((value, index) => value * kernel.weights[index]) : values;
    const largest = kernel ? Math.max(before.limit * Math.max(...kernel.weights.map(Math.abs)), 1e-9) : before.limit || 1;
    const winner = kind === 'max' ? strongestOf(values) : -1;
    this.cells.forEach((cell, index) => {
      const strength = Math.min(1, Math.abs(products[index]) / largest);
      const share = Math.round(60 * strength ** 0.75);
      cell.style.background = `color-mix(in srgb, ${products[index] < 0 ? colours.negative : colours.positive} ${share}%, transparent)`;
      cell.lastChild.textContent = kernel ? `× ${figure(values[index])}` : figure(values[index]);
      cell.classList.toggle('winner', index === winner);
    });
    const [row, column] = at, value = figure(result, 3);
    const place = `row ${row + 1}, column ${column + 1}`;
    const words = {
      convolution: ['sum', `${place}: the ${products.length} products add up to ${value}`],
      max: ['largest', `${place}: the largest of ${values.length} numbers is ${value}`],
      average: ['mean', `${place}: the mean of ${values.length} numbers is ${value}`],
      activation: ['out', `${place}: ${figure(values[0], 3)} becomes ${value}`],
      flatten: ['number', `row ${corner[0] + 1}, column ${corner[1] + 1} becomes number ${column + 1} of ${after.columns}: ${value}`],
    }[kind];
    this.total.replaceChildren(make('span', '', `${words[0]} `), make('strong', '', kind === 'flatten' ? String(column + 1) : value));
    return words[1][0].toUpperCase() + words[1].slice(1) + '.';
  }
}
