// Draws the strips of strip.py: the stations of a network from left to right, each a button. One of them is in the order
// of the Tab key; the arrow keys lead to the others.

function part(kind, text) {
  const node = document.createElement(kind);
  node.textContent = text;
  return node;
}

function fill(button, station) {
  const content = JSON.stringify(station);
  if (button.cnnLabContent === content) return;
  button.cnnLabContent = content;
  const pictures = document.createElement('div');
  pictures.className = 'pictures';
  const image = document.createElement('img');
  // The button's own name says it all.
  image.alt = '';
  image.src = station.image;
  pictures.append(image);
  button.setAttribute('aria-label', `${station.title}: ${station.size}`);
  button.replaceChildren(pictures, part('strong', station.title), part('span', station.size));
}

function reveal(host, button) {
  const left = button.offsetLeft - host.offsetLeft, right = left + button.offsetWidth;
  if (left < host.scrollLeft || right > host.scrollLeft + host.clientWidth)
    host.scrollLeft = left - (host.clientWidth - button.offsetWidth) / 2;
}

function walk(host, event) {
  const buttons = [...host.children], at = buttons.indexOf(event.target.closest('button'));
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (at < 0 || to === undefined || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  const next = buttons[Math.max(0, Math.min(buttons.length - 1, to))];
  buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
  next.focus({ preventScroll: true });
  reveal(host, next);
}

export function draw({ data, setTriggerValue }, host) {
  host.setAttribute('aria-label', data.label);
  host.onclick = (event) => {
    const button = event.target.closest('button');
    if (button) setTriggerValue('choose', data.stations[[...host.children].indexOf(button)].name);
  };
  host.onkeydown = (event) => walk(host, event);
  while (host.children.length > data.stations.length) host.lastChild.remove();
  while (host.children.length < data.stations.length) {
    const button = document.createElement('button');
    button.type = 'button';
    host.append(button);
  }
  const isMoved = host.cnnLabChosen !== data.chosen;
  host.cnnLabChosen = data.chosen;
  data.stations.forEach((station, index) => {
    const button = host.children[index], isChosen = station.name === data.chosen;
    fill(button, station);
    button.tabIndex = isChosen ? 0 : -1;
    button.toggleAttribute('aria-current', isChosen);
    if (isChosen) button.setAttribute('aria-current', 'step');
    if (isChosen && isMoved) requestAnimationFrame(() => reveal(host, button));
  });
}
