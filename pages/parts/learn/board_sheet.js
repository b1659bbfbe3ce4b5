// The first part of the boards of board.py: one map of numbers on a canvas. Served as one file with the other parts.

// In pixels.
const WITH_NUMBERS = 25, WITH_LINES = 7;
// A stronger result than this share of the strongest has its sign drawn, too.
const SIGNED_FROM = 0.06;

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
    // All of them or none: whole pixels make some places a little larger than others.
    if (Math.min(this.width / this.columns, this.height / this.rows) >= WITH_NUMBERS) {
      pen.globalAlpha = value === null ? 0.6 : 1;
      pen.font = `${Math.max(9, Math.round(Math.min(width, height) * 0.3))}px ${look.font}`;
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
