// The last part of the boards of board.py: a map, the window on it, and the map that comes of it, linked in the browser.
// Places are [row, column] of the result, from 0; what people read is counted from 1.

// In pixels.
const LARGEST_CELL = 46, LARGEST_BEFORE_STRIP = 22, MOST_HEIGHT = 470, BETWEEN = 34, STRIP_HEIGHT = 46;
const WIDE = 640;
// In milliseconds: all of a large map takes so long, and one place never longer than that.
const WHOLE = 12000, LONGEST_STEP = 220, A_ROW = 700;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

class Board extends Chooser {
  constructor(host) {
    const before = new Sheet(''), after = new Sheet('');
    super(host, [before, after], after);
    Object.assign(this, { before, after });
    this.numbers = new Numbers((text) => this.send('edit', text));
    this.controls = make('div', 'controls');
    this.stepButton = button('Step', () => this.step());
    this.playButton = button('Play', () => (this.timer ? this.stop() : this.play()));
    this.allButton = button('Show all', () => { this.shown = Infinity; this.stop(); });
    this.controls.append(this.stepButton, this.playButton, this.allButton, this.line);
    this.maps.append(before.node, this.numbers.node, after.node);
    host.replaceChildren(this.maps, this.controls);
    this.listen(after.canvas, (event) => after.place(event));
    this.listen(before.canvas, (event) => this.around(before.place(event)));
    this.shown = Infinity;
  }

  end() {
    clearTimeout(this.timer);
    super.end();
  }

  leave() {
    if (!this.timer) super.leave();
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
      this.begin(data.at);
      this.before.show(data.before, data.pads, data.colours);
      this.after.show(data.after, [0, 0, 0, 0], data.colours);
      this.after.paper.setAttribute('aria-label', data.alt);
      this.numbers.show(data);
      this.name();
      this.fit();
    }
    this.follow(data.at);
  }

  name() {
    const isPlaying = Boolean(this.timer);
    this.playButton.textContent = isPlaying ? 'Stop' : 'Play';
    this.playButton.classList.toggle('on', isPlaying);
    this.allButton.hidden = this.shown === Infinity || isPlaying;
  }

  // Both maps in one measure, so that what shrinks looks smaller.
  fit() {
    const room = this.host.clientWidth;
    if (!room || !this.data) return;
    const isWide = room >= WIDE, { before, after } = this;
    const isStrip = this.data.kind === 'flatten';
    this.host.classList.toggle('narrow', !isWide);
    this.host.classList.toggle('strip', isStrip);
    const between = isWide && !isStrip ? this.numbers.node.scrollWidth + 2 * BETWEEN : 24;
    const columns = isStrip ? 2 * before.columns : before.columns + after.columns;
    const cell = Math.max(3, Math.min(isStrip ? LARGEST_BEFORE_STRIP : LARGEST_CELL, Math.floor((room - between - 4) / columns), Math.floor(MOST_HEIGHT / before.rows)));
    before.fit(cell * before.columns, cell * before.rows);
    if (isStrip) after.fit(room - 4, STRIP_HEIGHT);
    else after.fit(cell * after.columns, cell * after.rows);
    this.repaint();
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
    const line = this.numbers.fill(this.patch(corner), at, corner);
    if (this.line.textContent !== line) this.line.textContent = line;
  }

  ring(pen, look, [row, column]) {
    const { window: side } = this.data, winner = strongestOf(this.patch([row, column]));
    const [y, x] = [row + Math.floor(winner / side), column + winner % side];
    this.before.outline(pen, look, [y, x], [1, 1], look.text, 1.5);
  }

  patch([top, left]) {
    const { window: side, pads, before } = this.data, values = [];
    for (let row = top - pads[0]; row < top - pads[0] + side; row++)
      for (let column = left - pads[2]; column < left - pads[2] + side; column++) {
        const inner = row >= 0 && column >= 0 && row < before.rows && column < before.columns;
        values.push(inner ? before.values[row * before.columns + column] : 0);
      }
    return values;
  }

  get count() { return this.data.after.rows * this.data.after.columns; }
  get index() { return this.at[0] * this.data.after.columns + this.at[1]; }
  placeOf(index) { return [Math.floor(index / this.data.after.columns), index % this.data.after.columns]; }

  // To the next place; after the last comes the first.
  step() {
    clearTimeout(this.timer);
    this.timer = null;
    const next = this.shown < this.count ? this.shown : (this.index + 1) % this.count;
    if (this.shown !== Infinity) this.shown = next + 1 >= this.count ? Infinity : next + 1;
    this.move(this.placeOf(next), true);
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
    this.move(this.placeOf(this.shown - 1), false);
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
