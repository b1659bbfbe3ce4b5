// A part of the boards of board.py and of the lens of network/lens.py: how a place of a map is chosen, by pointer and by
// keyboard, in step with the server.

const dark = matchMedia('(prefers-color-scheme: dark)');

// Maps, one of which has places to choose from. Who extends it has draw(), fit(), and maybe inside() and leave().
// Places are [row, column], from 0; `at` is looked at, `chosen` is chosen.
class Chooser {
  // sheets are all maps, and sheet the one whose places are chosen.
  constructor(host, sheets, sheet) {
    Object.assign(this, { host, sheets, sheet });
    // Where one was before the newest choice, and the server may still be.
    this.passed = [];
    this.maps = make('div', 'maps');
    this.line = make('p', 'line');
    this.line.setAttribute('aria-live', 'off');
    sheet.paper.tabIndex = 0;
    sheet.paper.setAttribute('role', 'application');
    sheet.paper.addEventListener('keydown', (event) => this.key(event));
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
    this.onTheme = () => this.repaint();
    dark.addEventListener('change', this.onTheme);
  }

  end() {
    this.observer.disconnect();
    dark.removeEventListener('change', this.onTheme);
  }

  // place gives the place that an event on the canvas means; null for none.
  listen(canvas, place) {
    canvas.addEventListener('pointermove', (event) => {
      const at = place(event);
      if (event.pointerType !== 'touch' && at) this.move(at, false);
    });
    canvas.addEventListener('pointerleave', () => this.leave());
    canvas.addEventListener('click', (event) => {
      const at = place(event);
      if (at) this.choose(at);
    });
  }

  leave() { this.move(this.chosen, false); }

  // The place, or null where the map has none there.
  inside(at) { return at; }

  begin(at) {
    this.passed = [];
    this.at = this.chosen = at;
  }

  // To where the server is, unless it answers an earlier choice than the newest: that must not pull the window back.
  follow(at) {
    const isIt = (one) => String(one) === String(at);
    if (this.passed.some(isIt) && !isIt(this.chosen)) return this.draw();
    this.passed = [];
    if (isIt(this.chosen)) return this.draw();
    this.chosen = at;
    this.move(at, false);
  }

  look() {
    const style = getComputedStyle(this.host), read = (name) => style.getPropertyValue(name).trim();
    return {
      back: read('--st-background-color'), text: read('--st-text-color'), mark: read('--st-primary-color'), edge: read('--st-border-color'),
      font: read('--st-font') || 'sans-serif', negative: this.data.colours.negative, positive: this.data.colours.positive,
    };
  }

  repaint() {
    if (!this.data || !this.sheet.width) return;
    const look = this.look();
    this.painted = look.back;
    for (const sheet of this.sheets) sheet.paintBase(look);
    this.draw();
  }

  // Spoken where somebody goes by keyboard; a pointer that passes by, or a window that plays, would never be silent.
  move(at, isSpoken) {
    this.line.setAttribute('aria-live', isSpoken ? 'polite' : 'off');
    this.at = at;
    this.draw();
  }

  choose(at) {
    this.passed.push(this.chosen);
    this.chosen = at;
    this.move(at, true);
    this.send('choose', at);
  }

  key(event) {
    const { rows, columns } = this.sheet.data, [row, column] = this.at;
    const isWide = event.ctrlKey || event.metaKey, lastRow = rows - 1, lastColumn = columns - 1;
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [isWide ? 0 : row, 0], End: [isWide ? lastRow : row, lastColumn],
      PageUp: [row - 5, column], PageDown: [row + 5, column], Escape: this.chosen,
    };
    if (event.key === 'Enter' || event.key === ' ') this.choose(this.at);
    else if (moves[event.key] && !event.altKey) {
      const [down, right] = moves[event.key];
      const at = this.inside([Math.max(0, Math.min(lastRow, down)), Math.max(0, Math.min(lastColumn, right))]);
      if (at) this.move(at, true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
