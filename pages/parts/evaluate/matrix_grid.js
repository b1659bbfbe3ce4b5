// Draws the table of matrix_grid.py. The table is built once for its classes; whatever changes then is changed in place,
// so that the focus stays where it is. Positions are (row, column); -1 is the headers', and (-1, -1) the corner.

// In pixels; widths of letters as shares of their size.
const LARGEST_CELL = 52, SMALLEST_CELL = 12, SMALLEST_WITH_TEXT = 22, TEXT_ROOM = 5;
const LARGEST_TEXT = 12.8, SMALLEST_TEXT = 9.6, DIGIT = 0.56, POINT = 0.26, LETTER = 0.55;
// Fewer classes than this keep their numbers and scroll where there is no room for them.
const FEW_CLASSES = 16;

function make(kind, className, text) {
  const node = document.createElement(kind);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// What a place says. The parts between placeholders are joined apart: a name may look like a placeholder.
function wordsOf(data, row, column) {
  if (row < 0 && column < 0) return 'all classes';
  if (row < 0) return `predicted ${data.names[column]}: ${data.columnNotes[column]}`;
  if (column < 0) return `true ${data.names[row]}: ${data.rowNotes[row]}`;
  const count = data.names.length, [words, which] = data.notes;
  const [truth, predicted] = [data.names[row], data.names[column]];
  const note = words[which[row * count + column]].split('{row}').map((part) => part.split('{column}').join(predicted));
  return `true ${truth}, predicted ${predicted}: ${note.join(truth)}`;
}


// As a share of the size of its letters.
function textWidth(text) {
  return [...text].reduce((width, letter) => width + ('.,'.includes(letter) ? POINT : DIGIT), 0);
}

class Grid {
  constructor(host, data) {
    this.host = host;
    this.names = JSON.stringify(data.names);
    this.focus = [0, 0];
    this.scroll = make('div', 'scroll');
    this.frame = make('div', 'frame');
    this.outline = make('div', 'outline');
    this.tip = make('div', 'tip');
    this.tip.setAttribute('aria-hidden', 'true');
    this.build(data.names);
    this.frame.append(this.table, this.outline);
    this.scroll.append(this.frame);
    this.tip.hidden = this.outline.hidden = true;
    this.listen();
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
    // The tip stands still while what it tells of moves, with the page or with any part of it.
    this.onScroll = () => this.tell(this.told);
    window.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
    // It may hide what lies under it, so it can be put away, whatever has the focus.
    this.onEscape = (event) => { if (event.key === 'Escape') this.tell(null); };
    window.addEventListener('keydown', this.onEscape, { capture: true });
    this.written = '';
  }

  stop() {
    this.observer.disconnect();
    window.removeEventListener('scroll', this.onScroll, { capture: true });
    window.removeEventListener('keydown', this.onEscape, { capture: true });
  }

  build(names) {
    this.table = make('table');
    this.table.setAttribute('role', 'grid');
    this.nodes = [];
    // Said in full: the table's own roles go with its layout.
    const body = make('tbody');
    body.setAttribute('role', 'rowgroup');
    for (let row = -1; row < names.length; row++) {
      const line = make('tr', row < 0 ? 'head' : ''), nodes = [];
      line.setAttribute('role', 'row');
      for (let column = -1; column < names.length; column++) {
        const node = this.node(names, row, column);
        nodes.push(node);
        line.append(node);
      }
      this.nodes.push(nodes);
      body.append(line);
    }
    this.table.append(body);
  }

  node(names, row, column) {
    let node;
    if (row >= 0 && column >= 0) {
      node = make('td');
      node.setAttribute('role', 'gridcell');
    } else if (row < 0 && column < 0) {
      node = make('th', 'corner');
      node.setAttribute('role', 'columnheader');
      node.append(make('span', '', 'predicted →'), make('span', '', 'true ↓'));
    } else {
      node = make('th', row < 0 ? 'column' : 'row');
      node.scope = row < 0 ? 'col' : 'row';
      node.setAttribute('role', row < 0 ? 'columnheader' : 'rowheader');
      node.append(make('span', 'name', names[Math.max(row, column)]));
    }
    node.setAttribute('aria-selected', 'false');
    node.tabIndex = row === this.focus[0] && column === this.focus[1] ? 0 : -1;
    return node;
  }

  at(row, column) { return this.nodes[row + 1][column + 1]; }
  position(target) {
    const node = target.closest?.('td, th');
    return node && this.table.contains(node) ? [node.parentElement.rowIndex - 1, node.cellIndex - 1] : null;
  }

  update(component) {
    const { data } = component;
    this.send = component.setTriggerValue;
    const content = JSON.stringify([data.texts, data.notes, data.shades, data.faint, data.rowNotes, data.columnNotes]);
    this.data = data;
    if (content !== this.content) this.fill(data);
    this.content = content;
    // Its size is known before it is shown: it is laid out once.
    this.fit();
    if (!this.scroll.isConnected) this.host.replaceChildren(this.scroll, this.tip);
    this.table.setAttribute('aria-label', data.alt);
    this.select(data.selected);
  }

  fill(data) {
    const count = data.names.length, faint = new Set(data.faint), [words, which] = data.texts;
    this.widest = Math.max(...words.map(textWidth));
    for (let row = -1; row < count; row++)
      for (let column = -1; column < count; column++) {
        const node = this.at(row, column);
        node.setAttribute('aria-label', wordsOf(data, row, column));
        if (row < 0 || column < 0) continue;
        const index = row * count + column, shade = data.shades[index] / 100;
        node.className = faint.has(index) ? 'faint' : '';
        const colour = data.colours[shade > 0 ? 0 : 1] + Math.round(255 * data.strongest * Math.abs(shade)).toString(16).padStart(2, '0');
        node.style.backgroundColor = shade ? colour : '';
      }
  }

  // Marks the chosen cell, row or column. What is chosen here is marked at once; the server's answer follows.
  select([row, column]) {
    if (this.selected) this.at(this.selected[0] ?? -1, this.selected[1] ?? -1).setAttribute('aria-selected', 'false');
    this.selected = [row, column];
    if (row !== null || column !== null) this.at(row ?? -1, column ?? -1).setAttribute('aria-selected', 'true');
    this.placeOutline();
  }

  placeOutline() {
    const [row, column] = this.selected ?? [null, null], last = this.nodes.length - 2;
    this.outline.hidden = row === null && column === null;
    if (this.outline.hidden) return;
    const from = this.at(row ?? 0, column ?? 0), to = this.at(row ?? last, column ?? last);
    const left = from.offsetLeft - 2, top = from.offsetTop - 2;
    const width = to.offsetLeft + to.offsetWidth + 2 - left, height = to.offsetTop + to.offsetHeight + 2 - top;
    for (const [name, pixels] of Object.entries({ left, top, width, height })) this.outline.style[name] = pixels + 'px';
  }

  // As large as the place allows; too small for numbers, they are left out; smaller still, the table scrolls.
  fit() {
    const room = this.host.clientWidth, count = this.nodes.length - 1;
    if (!room || !this.data) return;
    const longestName = Math.max(...this.data.names.map((name) => name.length)) * LETTER * LARGEST_TEXT + 16;
    const names = Math.round(Math.max(84, Math.min(170, 0.27 * room, longestName)));
    const headers = Math.round(Math.max(48, Math.min(150, longestName)));
    const withText = Math.ceil(Math.max(SMALLEST_WITH_TEXT, this.widest * SMALLEST_TEXT + TEXT_ROOM));
    const least = count < FEW_CLASSES ? withText : SMALLEST_CELL;
    const cell = Math.floor(Math.min(LARGEST_CELL, Math.max(least, (room - names - 8) / count - 2)));
    const sizes = {
      cell, names, headers, left: names + 6, top: headers + 6,
      text: Math.min(LARGEST_TEXT, (cell - TEXT_ROOM) / this.widest),
    };
    for (const [name, pixels] of Object.entries(sizes)) this.host.style.setProperty('--' + name, pixels + 'px');
    this.host.classList.toggle('small', cell < withText);
    this.write(cell >= withText);
    this.placeOutline();
  }

  // A text that nobody can read costs as much time as one that is read.
  write(isRead) {
    const [words, which] = this.data.texts, count = this.data.names.length;
    if (this.written === (isRead ? this.content : '')) return;
    this.written = isRead ? this.content : '';
    which.forEach((word, index) => {
      const node = this.at(Math.floor(index / count), index % count);
      if (!isRead) node.replaceChildren();
      else if (node.firstChild) node.firstChild.textContent = words[word];
      else node.append(make('i', '', words[word]));
    });
  }

  listen() {
    const table = this.table;
    table.addEventListener('click', (event) => this.choose(this.position(event.target)));
    table.addEventListener('keydown', (event) => this.key(event));
    table.addEventListener('pointerover', (event) => this.tell(this.position(event.target)));
    table.addEventListener('pointerleave', () => this.tell(null));
    table.addEventListener('focusin', (event) => {
      const place = this.position(event.target);
      this.rove(place);
      if (event.target.matches(':focus-visible')) this.tell(place);
    });
    table.addEventListener('focusout', () => this.tell(null));
  }

  choose(place) {
    if (!place) return;
    const chosen = place.map((index) => (index < 0 ? null : index));
    this.select(chosen);
    this.send('choose', chosen);
  }

  key(event) {
    const [row, column] = this.position(event.target), last = this.nodes.length - 2;
    const isWide = event.ctrlKey || event.metaKey;
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [isWide ? -1 : row, -1], End: [isWide ? last : row, last],
      PageUp: [row - 10, column], PageDown: [row + 10, column],
    };
    if (event.key === 'Enter' || event.key === ' ') this.choose([row, column]);
    else if (moves[event.key] && !event.altKey) {
      this.at(...moves[event.key].map((index) => Math.min(last, Math.max(-1, index)))).focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // One stop of the Tab key for the whole table: the place where one was.
  rove(place) {
    if (!place) return;
    this.at(...this.focus).tabIndex = -1;
    this.focus = place;
    this.at(...place).tabIndex = 0;
  }

  tell(place) {
    this.told = place;
    this.near?.forEach((node) => node.classList.remove('near'));
    this.tip.hidden = !place;
    if (!place) return;
    const [row, column] = place;
    this.near = Math.min(row, column) < 0 ? [] : [this.at(row, -1), this.at(-1, column)];
    this.near.forEach((node) => node.classList.add('near'));
    this.tip.textContent = wordsOf(this.data, row, column);
    const at = this.at(row, column).getBoundingClientRect(), tip = this.tip.getBoundingClientRect();
    // Out of sight, there is nothing to tell of.
    this.tip.hidden = at.bottom < 0 || at.top > innerHeight;
    if (this.tip.hidden) return;
    const left = Math.min(Math.max(8, at.left + at.width / 2 - tip.width / 2), innerWidth - tip.width - 8);
    const above = at.top - tip.height - 8;
    Object.assign(this.tip.style, { left: left + 'px', top: (above > 8 ? above : at.bottom + 8) + 'px' });
  }
}

export function draw(component, host) {
  if (host.cnnLabGrid?.names !== JSON.stringify(component.data.names)) {
    host.cnnLabGrid?.stop();
    host.cnnLabGrid = new Grid(host, component.data);
  }
  host.cnnLabGrid.update(component);
  return () => host.cnnLabGrid.stop();
}
