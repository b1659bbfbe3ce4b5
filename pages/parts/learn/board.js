// Draws the boards of board.py: a map, the window on it, and the map that comes of it, linked in the browser.
// Places are [row, column] of the result, from 0; what people read is counted from 1.

// In pixels.
const LARGEST_CELL = 46, LARGEST_BEFORE_STRIP = 22, WITH_NUMBERS = 25, WITH_LINES = 7, MOST_HEIGHT = 470, BETWEEN = 34, STRIP_HEIGHT = 46;
const WIDE = 640;
// In milliseconds: all of a large map takes so long, and one place never longer than that.
const WHOLE = 12000, LONGEST_STEP = 220, A_ROW = 700;
// A stronger result than this share of the strongest has its sign drawn, too.
const SIGNED_FROM = 0.06;

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const dark = matchMedia('(prefers-color-scheme: dark)');

function make(kind, className, text) {
  const node = document.createElement(kind);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function button(label, act) {
  const node = make('button', '', label);
  node.type = 'button';
  node.addEventListener('click', act);
  return node;
}

function figure(value, digits = 2) {
  const text = String(Number(value.toFixed(digits)));
  return text === '-0' ? '0' : text.replace('-', '−');
}

// As the server reads them: its word counts, this only marks the cell.
function isNumber(text) {
  return /^[+\-−]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(\/\d*\.?\d+)?$/i.test(text.trim());
}

// One map on a canvas. What does not change while the window moves is painted once.
class Sheet {
  constructor(title) {
    this.node = make('figure', 'map');
    this.caption = make('figcaption');
    this.size = make('span', 'size');
    this.caption.append(make('strong', '', title), this.size);
    this.paper = make('div', 'paper');
    this.canvas = make('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    this.paper.append(this.canvas);
    this.legend = make('div', 'legend');
    this.node.append(this.caption, this.paper, this.legend);
    this.base = document.createElement('canvas');
  }

  show(data, pad, colours) {
    Object.assign(this, { data, pad });
    this.caption.firstChild.textContent = data.title;
    this.size.textContent = `${data.columns} × ${data.rows}`;
    this.tell(data, colours);
  }

  // What the colours mean, in numbers.
  tell(data, colours) {
    const bar = make('i', data.isSigned ? 'signed' : 'grey');
    bar.style.setProperty('--negative', colours.negative);
    bar.style.setProperty('--positive', colours.positive);
    const ends = data.isSigned ? [`− ${figure(data.limit)}`, '0', `+ ${figure(data.limit)}`]
      : [figure(data.low), figure(data.limit)];
    const words = make('div', 'ends');
    words.append(...ends.map((end) => make('span', '', end)));
    this.legend.replaceChildren(bar, words);
  }

  get rows() { return this.data.rows + this.pad[0] + this.pad[1]; }
  get columns() { return this.data.columns + this.pad[2] + this.pad[3]; }

  fit(width, height) {
    Object.assign(this, { width, height });
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.base])
      Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(this.canvas.style, { width: width + 'px', height: height + 'px' });
    this.node.style.setProperty('--sheet', Math.max(width, 84) + 'px');
    this.ratio = ratio;
  }

  x(column) { return Math.round(column * this.width / this.columns); }
  y(row) { return Math.round(row * this.height / this.rows); }

  place(event) {
    const area = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - area.top) / area.height * this.rows);
    const column = Math.floor((event.clientX - area.left) / area.width * this.columns);
    return [Math.max(0, Math.min(this.rows - 1, row)), Math.max(0, Math.min(this.columns - 1, column))];
  }

  paintBase(look) {
    const pen = this.base.getContext('2d'), { data, pad } = this;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.globalAlpha = 1;
    // Between black pixels white lines would be all that one sees.
    pen.fillStyle = data.isSigned ? look.back : '#55565F';
    pen.fillRect(0, 0, this.width, this.height);
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++) {
        const inner = row - pad[0] >= 0 && row - pad[0] < data.rows && column - pad[2] >= 0 && column - pad[2] < data.columns;
        this.cell(pen, look, row, column, inner ? data.values[(row - pad[0]) * data.columns + column - pad[2]] : null);
      }
  }

  // A place with its colour, and its number or its sign where there is room; null is a zero around the map.
  cell(pen, look, row, column, value) {
    const x = this.x(column), y = this.y(row), width = this.x(column + 1) - x, height = this.y(row + 1) - y;
    const line = Math.min(width, height) >= WITH_LINES ? 1 : 0;
    const strength = value === null ? 0 : Math.min(1, Math.abs(value) / (this.data.limit || 1));
    pen.globalAlpha = 1;
    let ink = look.text;
    if (value === null) {
      pen.fillStyle = look.edge;
    } else if (this.data.isSigned) {
      pen.globalAlpha = 0.04 + 0.96 * strength ** 0.75;
      pen.fillStyle = strength < 1e-6 ? look.text : value < 0 ? look.negative : look.positive;
      if (strength > 0.55) ink = '#FFFFFF';
    } else {
      const share = (value - this.data.low) / ((this.data.limit - this.data.low) || 1);
      const level = Math.round(255 * Math.max(0, Math.min(1, share)));
      pen.fillStyle = `rgb(${level},${level},${level})`;
      ink = level > 127 ? '#000000' : '#FFFFFF';
    }
    pen.fillRect(x, y, width - line, height - line);
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
    if (Math.min(width, height) >= WITH_NUMBERS) {
      pen.globalAlpha = value === null ? 0.6 : 1;
      pen.font = `${Math.max(9, Math.round(width * 0.3))}px ${look.font}`;
      pen.textAlign = 'center';
      pen.textBaseline = 'middle';
      pen.fillText(figure(value ?? 0), x + width / 2, y + height / 2);
    } else if (value !== null && value < 0 && this.data.isSigned && strength > SIGNED_FROM && line) {
      pen.globalAlpha = 0.7;
      const stroke = Math.max(1, Math.round(height / 9));
      pen.fillRect(Math.round(x + width * 0.22), Math.round(y + (height - line - stroke) / 2), Math.round(width * 0.45), stroke);
    }
    pen.globalAlpha = 1;
  }

  // The first places only, where not all are worked out yet.
  paint(look, count = Infinity) {
    const pen = this.canvas.getContext('2d');
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.base, 0, 0);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (count >= this.rows * this.columns) return pen;
    const row = Math.floor(count / this.columns), column = count % this.columns;
    pen.fillStyle = look.back;
    pen.fillRect(this.x(column), this.y(row), this.width, this.y(row + 1) - this.y(row));
    pen.fillRect(0, this.y(row + 1), this.width, this.height);
    pen.globalAlpha = 0.1;
    pen.fillStyle = look.text;
    pen.fillRect(this.x(column), this.y(row), this.width, this.y(row + 1) - this.y(row));
    pen.fillRect(0, this.y(row + 1), this.width, this.height);
    pen.globalAlpha = 1;
    return pen;
  }

  // A frame around places, which stands out of any colour.
  outline(pen, look, [row, column], [rows, columns], colour, weight) {
    const x = this.x(column), y = this.y(row), width = this.x(column + columns) - x, height = this.y(row + rows) - y;
    for (const [stroke, thick] of [[look.back, weight + 2], [colour, weight]]) {
      pen.strokeStyle = stroke;
      pen.lineWidth = thick;
      pen.strokeRect(x - 0.5, y - 0.5, Math.max(2, width), Math.max(2, height));
    }
  }
}

class Board {
  constructor(host) {
    this.host = host;
    this.before = new Sheet('');
    this.after = new Sheet('');
    this.between = make('div', 'between');
    this.maps = make('div', 'maps');
    this.controls = make('div', 'controls');
    this.line = make('p', 'line');
    this.line.setAttribute('aria-live', 'off');
    this.after.paper.tabIndex = 0;
    this.after.paper.setAttribute('role', 'application');
    this.stepButton = button('Step', () => this.step());
    this.playButton = button('Play', () => (this.timer ? this.stop() : this.play()));
    this.allButton = button('Show all', () => { this.shown = Infinity; this.stop(); });
    this.controls.append(this.stepButton, this.playButton, this.allButton, this.line);
    this.maps.append(this.before.node, this.between, this.after.node);
    this.host.replaceChildren(this.maps, this.controls);
    this.listen();
    this.shown = Infinity;
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
    this.onTheme = () => this.repaint();
    dark.addEventListener('change', this.onTheme);
  }

  end() {
    clearTimeout(this.timer);
    this.observer.disconnect();
    dark.removeEventListener('change', this.onTheme);
  }

  listen() {
    for (const [sheet, place] of [[this.after, (at) => at], [this.before, (at) => this.around(at)]]) {
      sheet.canvas.addEventListener('pointermove', (event) => {
        if (event.pointerType !== 'touch') this.move(place(sheet.place(event)), false);
      });
      sheet.canvas.addEventListener('pointerleave', () => { if (!this.timer) this.move(this.chosen, false); });
      sheet.canvas.addEventListener('click', (event) => this.choose(place(sheet.place(event))));
    }
    this.after.paper.addEventListener('keydown', (event) => this.key(event));
  }

  // The place of the result whose window lies around a place of the map.
  around([row, column]) {
    const { window: side, stride, after, kind } = this.data;
    if (kind === 'flatten') return [0, row * this.data.before.columns + column];
    const nearest = (at, most) => Math.max(0, Math.min(most - 1, Math.round((at - (side - 1) / 2) / stride)));
    return [nearest(row, after.rows), nearest(column, after.columns)];
  }

  // Where the window lies on the map with the zeros around it.
  corner([row, column]) {
    const { stride, kind, before } = this.data;
    if (kind === 'flatten') return [Math.floor(column / before.columns), column % before.columns];
    return [row * stride, column * stride];
  }

  update({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    const content = JSON.stringify({ ...data, at: null }), isNew = content !== this.content;
    this.data = data;
    this.content = content;
    if (isNew) {
      clearTimeout(this.timer);
      this.timer = null;
      this.shown = Infinity;
      this.at = this.chosen = data.at;
      this.before.show(data.before, data.pads, data.colours);
      this.after.show(data.after, [0, 0, 0, 0], data.colours);
      this.after.paper.setAttribute('aria-label', data.alt);
      this.build();
      this.name();
      this.fit();
    }
    // What was chosen here is shown already: the answer of the server must not pull the window back under the pointer.
    if (String(data.at) !== String(this.chosen)) {
      this.chosen = data.at;
      this.move(data.at, false);
    }
  }

  name() {
    const isPlaying = Boolean(this.timer);
    this.playButton.textContent = isPlaying ? 'Stop' : 'Play';
    this.playButton.classList.toggle('on', isPlaying);
    this.allButton.hidden = this.shown === Infinity || isPlaying;
  }

  // What stands between the maps: the window with its numbers, and what becomes of them.
  build() {
    const { kind, kernel, window: side } = this.data;
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
    this.between.className = `between ${kind} side-${side}`;
    this.between.replaceChildren(make('div', 'head', heads[kind]), grid, this.total);
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
      this.send('edit', this.inputs.map((one) => one.value.trim() || '?').join(' '));
    });
    node.addEventListener('keydown', (event) => { if (event.key === 'Enter') node.blur(); });
    // Many numbers at once are a kernel of their own.
    node.addEventListener('paste', (event) => {
      const text = event.clipboardData.getData('text');
      if (text.trim().split(/[\s,;]+/).length < 2) return;
      event.preventDefault();
      this.send('edit', text.slice(0, 2000));
    });
    return node;
  }

  // Both maps in one measure, so that what shrinks looks smaller.
  fit() {
    const room = this.host.clientWidth;
    if (!room || !this.data) return;
    const isWide = room >= WIDE, { before, after } = this;
    const isStrip = this.data.kind === 'flatten';
    this.host.classList.toggle('narrow', !isWide);
    this.host.classList.toggle('strip', isStrip);
    const between = isWide && !isStrip ? this.between.scrollWidth + 2 * BETWEEN : 24;
    const columns = isStrip ? 2 * before.columns : before.columns + after.columns;
    const cell = Math.max(3, Math.min(isStrip ? LARGEST_BEFORE_STRIP : LARGEST_CELL, Math.floor((room - between - 4) / columns), Math.floor(MOST_HEIGHT / before.rows)));
    before.fit(cell * before.columns, cell * before.rows);
    if (isStrip) after.fit(room - 4, STRIP_HEIGHT);
    else after.fit(cell * after.columns, cell * after.rows);
    this.repaint();
  }

  look() {
    const style = getComputedStyle(this.host), read = (name) => style.getPropertyValue(name).trim();
    return {
      back: read('--st-background-color'), text: read('--st-text-color'), mark: read('--st-primary-color'), edge: read('--st-border-color'),
      font: read('--st-font') || 'sans-serif', negative: this.data.colours.negative, positive: this.data.colours.positive,
    };
  }

  repaint() {
    if (!this.data || !this.before.width) return;
    const look = this.look();
    this.painted = look.back;
    this.before.paintBase(look);
    this.after.paintBase(look);
    this.draw();
  }

  draw() {
    if (!this.before.width) return;
    const look = this.look();
    if (look.back !== this.painted) return this.repaint();
    const { window: side, kind } = this.data, at = this.at ?? this.chosen, corner = this.corner(at);
    const left = this.before.paint(look), right = this.after.paint(look, this.shown);
    this.before.outline(left, look, corner, [side, side], look.mark, 3);
    if (kind === 'max') this.ring(left, look, corner);
    if (String(at) !== String(this.chosen)) this.after.outline(right, look, this.chosen, [1, 1], look.text, 1.5);
    this.after.outline(right, look, at, [1, 1], look.mark, 3);
    this.fill(at, corner);
  }

  ring(pen, look, [row, column]) {
    const { window: side } = this.data, winner = this.winner(this.patch([row, column]));
    const [y, x] = [row + Math.floor(winner / side), column + winner % side];
    this.before.outline(pen, look, [y, x], [1, 1], look.text, 1.5);
  }

  winner(values) { return values.indexOf(Math.max(...values)); }

  patch([top, left]) {
    const { window: side, pads, before } = this.data, values = [];
    for (let row = top - pads[0]; row < top - pads[0] + side; row++)
      for (let column = left - pads[2]; column < left - pads[2] + side; column++) {
        const inner = row >= 0 && column >= 0 && row < before.rows && column < before.columns;
        values.push(inner ? before.values[row * before.columns + column] : 0);
      }
    return values;
  }

  // The numbers between the maps, and the line that says them.
  fill(at, corner) {
    const { kind, kernel, before, after, colours } = this.data, values = this.patch(corner);
    const result = after.values[at[0] * after.columns + at[1]];
    const products = kernel ? values.map((value, index) => value * kernel.weights[index]) : values;
    const largest = kernel ? Math.max(before.limit * Math.max(...kernel.weights.map(Math.abs)), 1e-9) : before.limit || 1;
    const winner = kind === 'max' ? this.winner(values) : -1;
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
    const line = words[1][0].toUpperCase() + words[1].slice(1) + '.';
    if (this.line.textContent !== line) this.line.textContent = line;
  }

  // Spoken where somebody goes by keyboard; a pointer that passes by, or a window that plays, would never be silent.
  move(at, isSpoken) {
    this.line.setAttribute('aria-live', isSpoken ? 'polite' : 'off');
    this.at = at;
    this.draw();
  }

  choose(at) {
    this.chosen = at;
    this.move(at, true);
    this.send('choose', at);
  }

  key(event) {
    const { after } = this.data, [row, column] = this.at;
    const isWide = event.ctrlKey || event.metaKey, lastRow = after.rows - 1, lastColumn = after.columns - 1;
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [isWide ? 0 : row, 0], End: [isWide ? lastRow : row, lastColumn],
      PageUp: [row - 5, column], PageDown: [row + 5, column], Escape: this.chosen,
    };
    if (event.key === 'Enter' || event.key === ' ') this.choose(this.at);
    else if (moves[event.key] && !event.altKey) {
      const [down, right] = moves[event.key];
      this.move([Math.max(0, Math.min(lastRow, down)), Math.max(0, Math.min(lastColumn, right))], true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  get count() { return this.data.after.rows * this.data.after.columns; }
  get index() { return this.at[0] * this.data.after.columns + this.at[1]; }
  at_(index) { return [Math.floor(index / this.data.after.columns), index % this.data.after.columns]; }

  // To the next place; after the last comes the first.
  step() {
    clearTimeout(this.timer);
    this.timer = null;
    const next = this.shown < this.count ? this.shown : (this.index + 1) % this.count;
    if (this.shown !== Infinity) this.shown = next + 1 >= this.count ? Infinity : next + 1;
    this.move(this.at_(next), true);
    this.name();
  }

  play() {
    if (this.shown === Infinity) this.shown = 0;
    this.tick();
    this.name();
  }

  // Whole rows, with pauses, for those who asked for little motion.
  tick() {
    const { columns } = this.data.after, pace = calm.matches ? A_ROW : Math.min(LONGEST_STEP, WHOLE / this.count);
    const places = calm.matches ? columns : Math.max(1, Math.round(16 / pace));
    this.shown = Math.min(this.count, this.shown + places);
    this.move(this.at_(this.shown - 1), false);
    if (this.shown >= this.count) {
      this.shown = Infinity;
      return this.stop();
    }
    this.timer = setTimeout(() => this.tick(), Math.max(16, pace));
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.move(this.at, true);
    this.name();
  }
}

export function draw(component, host) {
  host.cnnLabBoard ??= new Board(host);
  host.cnnLabBoard.update(component);
  return () => host.cnnLabBoard.end();
}
