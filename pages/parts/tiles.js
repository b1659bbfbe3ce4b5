// Draws the galleries of tiles.py. A tile that stays the same keeps its node, and with it the focus.

// An image of fewer pixels shows them; a photograph is scaled smoothly.
const CRISP_BELOW = 64;

// A class such as T-shirt is not broken at its hyphen.
function textNode(kind, text) {
  const node = document.createElement(kind);
  node.textContent = text.replaceAll('-', '\u2011');
  return node;
}

function fill(button, tile) {
  const content = JSON.stringify(tile);
  if (button.cnnLabContent === content) return;
  button.cnnLabContent = content;
  button.dataset.id = tile.id;
  button.setAttribute('aria-label', tile.words);
  const parts = [textNode('strong', tile.title), ...tile.lines.map((line) => textNode('span', line))];
  if (tile.image) {
    const image = document.createElement('img');
    // The button's own name says it all.
    image.alt = '';
    image.onload = () => image.classList.toggle('crisp', Math.max(image.naturalWidth, image.naturalHeight) < CRISP_BELOW);
    image.src = tile.image;
    parts.unshift(image);
  }
  button.replaceChildren(...parts);
}

export function draw({ data, setTriggerValue }, host) {
  host.setAttribute('aria-label', data.label);
  host.onclick = (event) => {
    const button = event.target.closest('button');
    if (button) setTriggerValue('open', Number(button.dataset.id));
  };
  while (host.children.length > data.tiles.length) host.lastChild.remove();
  while (host.children.length < data.tiles.length) {
    const button = document.createElement('button');
    button.type = 'button';
    host.append(button);
  }
  data.tiles.forEach((tile, index) => fill(host.children[index], tile));
}
