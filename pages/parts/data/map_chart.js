// Draws the maps of map_chart.py: a point an image, or the image itself; the one under the pointer is enlarged.

const PADDING = 26, DOT = 3.4, REACH = 12, CARD = 128, MOST_ZOOM = 40, THUMB = 22;

function element(kind, className, text = '') {
  const node = document.createElement(kind);
  node.className = className;
  node.textContent = text;
  return node;
}

function build(host) {
  const map = { zoom: 1, panX: 0, panY: 0, chosen: -1, alone: null, hinted: null, isPictures: false, pointers: new Map() };
  map.legend = element('div', 'legend');
  map.stage = element('div', 'stage');
  map.canvas = element('canvas', '');
  map.canvas.tabIndex = 0;
  map.card = element('div', 'card');
  map.card.setAttribute('aria-live', 'polite');
  map.card.append(document.createElement('canvas'), element('strong', ''), element('span', ''));
  const tools = element('div', 'tools');
  const tool = (text, label, act) => {
    const button = element('button', '', text);
    button.type = 'button';
    button.title = label;
    button.setAttribute('aria-label', label);
    button.onclick = act;
    tools.append(button);
    return button;
  };
  map.pictures = tool('Images', 'Show the images themselves', () => {
    map.isPictures = !map.isPictures;
    map.pictures.setAttribute('aria-pressed', map.isPictures);
    paint(map);
  });
  tool('+', 'Zoom in', () => zoom(map, 1.6));
  tool('−', 'Zoom out', () => zoom(map, 1 / 1.6));
  tool('Reset', 'Reset: show all of it', () => { map.zoom = 1; map.panX = map.panY = 0; paint(map); });
  map.stage.append(map.canvas, tools, map.card);
  host.replaceChildren(map.legend, map.stage);
  listen(map);
  map.watch = new ResizeObserver(() => paint(map));
  map.watch.observe(map.stage);
  return map;
}

function paint(map) {
  if (map.isWaiting) return;
  map.isWaiting = true;
  requestAnimationFrame(() => { map.isWaiting = false; place(map); drawPoints(map); showCard(map); });
}

// Where each point is on the canvas, in CSS pixels.
function place(map) {
  const { x, y } = map.data, width = map.stage.clientWidth, height = map.stage.clientHeight;
  const scale = map.zoom * Math.min((width - 2 * PADDING) / map.extent[0], (height - 2 * PADDING) / map.extent[1]);
  // Nobody goes farther away than a corner of the map.
  const [reachX, reachY] = map.extent.map((extent) => (extent * scale) / 2);
  map.panX = Math.max(-reachX, Math.min(reachX, map.panX));
  map.panY = Math.max(-reachY, Math.min(reachY, map.panY));
  map.px = x.map((one) => width / 2 + map.panX + (one - map.middle[0]) * scale);
  map.py = y.map((one) => height / 2 + map.panY + (one - map.middle[1]) * scale);
  map.size = Math.min(72, THUMB * Math.sqrt(map.zoom));
  map.canvas.style.touchAction = map.zoom > 1 ? 'none' : 'pan-y';
}

function drawPoints(map) {
  const { canvas, data, stage } = map, ratio = window.devicePixelRatio || 1;
  const width = stage.clientWidth, height = stage.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const alone = map.hinted ?? map.alone;
  const radius = Math.min(7, DOT * map.zoom ** 0.25);
  const isPictures = map.isPictures && map.sheet.complete && map.sheet.naturalWidth > 0;
  for (const point of map.order) {
    const x = map.px[point], y = map.py[point], kind = data.classes[point];
    if (x < -40 || y < -40 || x > width + 40 || y > height + 40) continue;
    const isFaint = alone !== null && kind !== alone;
    pen.globalAlpha = isFaint ? 0.1 : data.grey[kind] && alone === null ? 0.35 : 0.85;
    if (isPictures) picture(pen, map, point, x, y, map.size, data.colours[kind]);
    else {
      pen.fillStyle = data.colours[kind];
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fill();
    }
  }
  pen.globalAlpha = 1;
  if (map.chosen >= 0) {
    pen.strokeStyle = map.ink;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(map.px[map.chosen], map.py[map.chosen], isPictures ? map.size * 0.75 : radius + 3, 0, 2 * Math.PI);
    pen.stroke();
  }
}

function picture(pen, map, point, x, y, size, colour) {
  const { columns, width, height } = map.data.sheet;
  const scale = size / Math.max(width, height), w = width * scale, h = height * scale;
  pen.fillStyle = colour;
  pen.fillRect(x - w / 2 - 1.5, y - h / 2 - 1.5, w + 3, h + 3);
  const left = (point % columns) * width, top = Math.floor(point / columns) * height;
  pen.imageSmoothingEnabled = size <= Math.max(width, height) || width > 40;
  pen.drawImage(map.sheet, left, top, width, height, x - w / 2, y - h / 2, w, h);
}

function showCard(map) {
  const { card, chosen, data } = map;
  card.hidden = chosen < 0;
  map.canvas.style.cursor = chosen < 0 ? 'grab' : 'pointer';
  if (card.hidden) return;
  const [image, name, place_] = card.children, { width, height } = data.sheet;
  const scale = CARD / Math.max(width, height);
  const ratio = window.devicePixelRatio || 1;
  image.width = width * scale * ratio;
  image.height = height * scale * ratio;
  image.style.width = width * scale + 'px';
  if (map.sheet.complete && map.sheet.naturalWidth) {
    const pen = image.getContext('2d');
    pen.imageSmoothingEnabled = width > 40;
    const left = (chosen % data.sheet.columns) * width, top = Math.floor(chosen / data.sheet.columns) * height;
    pen.drawImage(map.sheet, left, top, width, height, 0, 0, image.width, image.height);
  }
  name.textContent = data.names[data.classes[chosen]];
  place_.textContent = data.what + ' ' + data.ids[chosen].toLocaleString('en');
  const x = map.px[chosen], y = map.py[chosen], stage = map.stage;
  const isLeft = x > stage.clientWidth / 2;
  card.style.left = Math.max(4, Math.min(isLeft ? x - card.offsetWidth - 16 : x + 16,
    stage.clientWidth - card.offsetWidth - 4)) + 'px';
  card.style.top = Math.max(4, Math.min(y - card.offsetHeight / 2, stage.clientHeight - card.offsetHeight - 4)) + 'px';
}

function zoom(map, factor, x = map.stage.clientWidth / 2, y = map.stage.clientHeight / 2) {
  const before = map.zoom;
  map.zoom = Math.max(1, Math.min(MOST_ZOOM, map.zoom * factor));
  const change = map.zoom / before;
  const fromX = x - map.stage.clientWidth / 2, fromY = y - map.stage.clientHeight / 2;
  // What is under the pointer stays there; the whole map lies in the middle.
  map.panX = map.zoom === 1 ? 0 : fromX - change * (fromX - map.panX);
  map.panY = map.zoom === 1 ? 0 : fromY - change * (fromY - map.panY);
  paint(map);
}

function nearest(map, x, y, fits = () => true) {
  let best = -1, least = Infinity;
  map.px.forEach((px, point) => {
    const distance = (px - x) ** 2 + (map.py[point] - y) ** 2;
    if (distance < least && fits(point)) { best = point; least = distance; }
  });
  return [best, Math.sqrt(least)];
}

function choose(map, point) {
  if (point !== map.chosen) { map.chosen = point; paint(map); }
}

function listen(map) {
  const { canvas, pointers } = map;
  const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  const under = (event) => {
    const alone = map.alone, fits = (point) => alone === null || map.data.classes[point] === alone;
    const [point, distance] = nearest(map, ...at(event), fits);
    return distance <= (map.isPictures ? Math.max(REACH, map.size / 2) : REACH) ? point : -1;
  };
  canvas.onpointerdown = (event) => {
    pointers.set(event.pointerId, at(event));
    map.moved = 0;
    if (map.zoom > 1) canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    const before = pointers.get(event.pointerId), now = at(event);
    if (!before) { choose(map, under(event)); return; }
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place_]) => place_);
    map.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    pointers.set(event.pointerId, now);
    if (others.length) {
      const apart = (place_) => Math.hypot(place_[0] - others[0][0], place_[1] - others[0][1]);
      zoom(map, apart(now) / Math.max(1, apart(before)), (now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2);
    } else if (map.zoom > 1) {
      map.panX += now[0] - before[0];
      map.panY += now[1] - before[1];
      paint(map);
    }
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => { pointers.delete(event.pointerId); };
  canvas.onpointerleave = (event) => { if (!pointers.size && event.pointerType === 'mouse') choose(map, -1); };
  canvas.onclick = (event) => {
    if (map.moved > 6) return;
    const point = under(event);
    choose(map, point);
    if (point >= 0) map.open(point);
  };
  canvas.ondblclick = (event) => { if (under(event) < 0) zoom(map, 2, ...at(event)); };
  // Without a key the page scrolls.
  canvas.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey && map.zoom === 1) return;
    event.preventDefault();
    zoom(map, Math.exp(-event.deltaY / 300), ...at(event));
  }, { passive: false });
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.onkeydown = (event) => {
    const way = ways[event.key];
    if (way) {
      const from = map.chosen < 0 ? [map.stage.clientWidth / 2, map.stage.clientHeight / 2] : [map.px[map.chosen], map.py[map.chosen]];
      // The nearest that lies in that direction rather than beside it.
      const isThere = (point) => {
        const along = (map.px[point] - from[0]) * way[0] + (map.py[point] - from[1]) * way[1];
        const beside = Math.abs((map.px[point] - from[0]) * way[1]) + Math.abs((map.py[point] - from[1]) * way[0]);
        return along > 0 && along >= beside;
      };
      const [point] = nearest(map, ...from, isThere);
      if (point >= 0) choose(map, point);
    } else if (event.key === 'Enter' && map.chosen >= 0) map.open(map.chosen);
    else if (event.key === '+') zoom(map, 1.6);
    else if (event.key === '-') zoom(map, 1 / 1.6);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function fillLegend(map) {
  const { data, legend } = map;
  legend.replaceChildren(...data.legend.map((kind) => {
    const button = element('button', '');
    button.type = 'button';
    button.append(element('i', ''), element('span', '', data.names[kind]));
    button.firstChild.style.background = data.colours[kind];
    button.setAttribute('aria-pressed', map.alone === kind);
    button.onclick = () => { map.alone = map.alone === kind ? null : kind; map.hinted = null; fillLegend(map); paint(map); };
    button.onpointerenter = () => { map.hinted = kind; paint(map); };
    button.onpointerleave = () => { map.hinted = null; paint(map); };
    return button;
  }));
  if (data.grey.some(Boolean)) {
    const others = element('span', 'others');
    others.append(element('i', ''), element('span', '', 'other classes'));
    legend.append(others);
  }
}

export function draw({ data, setTriggerValue }, host) {
  const map = host.cnnLabMap ??= build(host);
  map.open = (point) => setTriggerValue('open', data.ids[point]);
  map.canvas.setAttribute('aria-label', data.alt);
  map.canvas.setAttribute('role', 'application');
  map.ink = getComputedStyle(host).getPropertyValue('--st-text-color').trim() || '#888';
  const content = JSON.stringify(data);
  if (content !== map.content) {
    const isOtherMap = map.shape !== data.shape;
    Object.assign(map, { content, data, shape: data.shape, alone: null, hinted: null, chosen: -1 });
    if (isOtherMap) { map.zoom = 1; map.panX = map.panY = 0; }
    const [left, right, top, bottom] = [Math.min(...data.x), Math.max(...data.x), Math.min(...data.y), Math.max(...data.y)];
    map.middle = [(left + right) / 2, (top + bottom) / 2];
    map.extent = [Math.max(1, right - left), Math.max(1, bottom - top)];
    // Grey points first: what has a colour lies above.
    map.order = [...data.ids.keys()].sort((a, b) => data.grey[data.classes[b]] - data.grey[data.classes[a]]);
    map.sheet = new Image();
    map.sheet.onload = () => paint(map);
    map.sheet.src = data.sheet.address;
    fillLegend(map);
  }
  paint(map);
  return () => map.watch.disconnect();
}
