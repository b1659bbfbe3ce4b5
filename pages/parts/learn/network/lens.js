// The last part of the lens of lens.py: the picture with what a number of a map sees of it, and the map beside it.
// Places are [row, column] of the map, from 0; what people read is counted from 1.

// In pixels.
const LARGEST_CELL = 46, MOST_SIDE = 430, BETWEEN = 34, WIDE = 560;

// The picture on a canvas, as the network sees it.
class Photo {
  constructor() {
    this.node = make('figure', 'map');
    this.caption = make('figcaption');
    this.size = make('span', 'size');
    this.caption.append(make('strong', '', 'The picture, as the network gets it'), this.size);
    this.paper = make('div', 'paper');
    this.canvas = make('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    this.paper.append(this.canvas);
    this.node.append(this.caption, this.paper);
    this.image = new Image();
  }

  show(data, whenLoaded) {
    this.data = data;
    this.size.textContent = `${data.columns} × ${data.rows}`;
    this.image.onload = whenLoaded;
    this.image.src = data.image;
  }

  fit(width, height) {
    const ratio = devicePixelRatio || 1;
    Object.assign(this, { width, height, ratio });
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(this.canvas.style, { width: width + 'px', height: height + 'px' });
    this.node.style.setProperty('--sheet', Math.max(width, 84) + 'px');
  }

  place(event) {
    const area = this.canvas.getBoundingClientRect();
    return [(event.clientY - area.top) / area.height * this.data.rows, (event.clientX - area.left) / area.width * this.data.columns];
  }

  // What lies outside of the field is dimmed.
  paint(look, field) {
    const pen = this.canvas.getContext('2d');
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.imageSmoothingEnabled = false;
    if (this.image.complete && this.image.naturalWidth) pen.drawImage(this.image, 0, 0, this.width, this.height);
    if (!field) return;
    const [top, bottom, left, right] = field, y = (row) => Math.round(row * this.height / this.data.rows);
    const x = (column) => Math.round(column * this.width / this.data.columns);
    pen.fillStyle = look.back;
    pen.globalAlpha = 0.4;
    pen.beginPath();
    pen.rect(0, 0, this.width, this.height);
    pen.rect(x(left), y(top), x(right) - x(left), y(bottom) - y(top));
    pen.fill('evenodd');
    pen.globalAlpha = 1;
    for (const [colour, weight] of [[look.back, 5], [look.mark, 3]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = weight;
      const inset = 1.5;
      pen.strokeRect(x(left) + inset, y(top) + inset, Math.max(2, x(right) - x(left) - 2 * inset), Math.max(2, y(bottom) - y(top) - 2 * inset));
    }
  }
}

class Lens extends Chooser {
  constructor(host) {
    const sheet = new Sheet('');
    super(host, [sheet], sheet);
    this.photo = new Photo();
    this.maps.append(this.photo.node, sheet.node);
    host.replaceChildren(this.maps, this.line);
    this.listen(sheet.canvas, (event) => this.inside(sheet.place(event)));
    this.listen(this.photo.canvas, (event) => this.around(this.photo.place(event)));
  }

  value([row, column]) { return this.data.map.values[row * this.data.map.columns + column] ?? null; }

  // A row of units may end before the sheet does.
  inside(at) { return this.value(at) === null ? null : at; }

  // The number whose field lies around a place of the picture.
  around([row, column]) {
    if (!this.data.fields) return null;
    const nearest = (spans, at) => {
      const distances = spans.map(([first, last]) => Math.abs((first + last) / 2 - at));
      return distances.indexOf(Math.min(...distances));
    };
    return [nearest(this.data.fields.rows, row), nearest(this.data.fields.columns, column)];
  }

  field([row, column]) {
    const { fields, field, at } = this.data;
    if (fields) return [...fields.rows[row], ...fields.columns[column]];
    return String([row, column]) === String(at) ? field : null;
  }

  update({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    const content = JSON.stringify({ ...data, at: null, field: null }), isNew = content !== this.content;
    this.data = data;
    this.content = content;
    if (isNew) {
      this.begin(data.at);
      this.photo.show(data.picture, () => this.draw());
      this.sheet.show(data.map, [0, 0, 0, 0], data.colours);
      this.sheet.paper.setAttribute('aria-label', data.alt);
      this.fit();
    }
    this.follow(data.at);
  }

  fit() {
    const room = this.host.clientWidth;
    if (!room || !this.data) return;
    const isWide = room >= WIDE, { picture, map } = this.data;
    this.host.classList.toggle('narrow', !isWide);
    const share = isWide ? (room - BETWEEN - 8) / 2 : room - 8;
    const most = Math.min(MOST_SIDE, share);
    const one = (rows, columns) => Math.min(LARGEST_CELL, most / columns, MOST_SIDE / rows);
    const pixel = one(picture.rows, picture.columns), cell = one(map.rows, map.columns);
    this.photo.fit(Math.round(pixel * picture.columns), Math.round(pixel * picture.rows));
    this.sheet.fit(Math.round(cell * map.columns), Math.round(cell * map.rows));
    this.repaint();
  }

  draw() {
    if (!this.sheet.width) return;
    const look = this.look();
    if (look.back !== this.painted) return this.repaint();
    const at = this.at ?? this.chosen, field = this.field(at), pen = this.sheet.paint(look);
    this.photo.paint(look, field);
    if (String(at) !== String(this.chosen)) this.sheet.outline(pen, look, this.chosen, [1, 1], look.text, 1.5);
    this.sheet.outline(pen, look, at, [1, 1], look.mark, 3);
    const line = this.words(at, field);
    if (this.line.textContent !== line) this.line.textContent = line;
  }

  words([row, column], field) {
    const { map, names } = this.data, unit = row * map.columns + column;
    const place = names[unit] ?? (map.isRow ? `Number ${unit + 1}` : `Row ${row + 1}, column ${column + 1}`);
    const value = `${place}: ${figure(this.value([row, column]) ?? 0, 3)}.`;
    if (!field) return value;
    const [top, bottom, left, right] = field;
    if (bottom <= top || right <= left) return `${value} It sees nothing of the picture.`;
    return `${value} It sees ${right - left} × ${bottom - top} pixels of the picture.`;
  }
}

export function draw(component, host) {
  host.cnnLabLens ??= new Lens(host);
  host.cnnLabLens.update(component);
  return () => host.cnnLabLens.end();
}
