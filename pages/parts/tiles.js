// Draws the galleries of tiles.py. A tile that stays the same keeps its node, and with it the focus.

const STYLE = `
.cnn-lab-tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: .75rem;
  padding: 3px; }
.cnn-lab-tiles button { all: unset; box-sizing: border-box; display: flex; flex-direction: column; cursor: pointer;
  padding: .5rem; border-radius: .5rem; border: 1px solid var(--st-border-color);
  background: var(--st-secondary-background-color); color: var(--st-text-color); font-family: var(--st-font); }
.cnn-lab-tiles button:hover { border-color: var(--st-primary-color); }
.cnn-lab-tiles button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.cnn-lab-tiles img { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: .25rem; display: block;
  margin-bottom: .4rem; }
.cnn-lab-tiles img.crisp { image-rendering: pixelated; }
.cnn-lab-tiles strong, .cnn-lab-tiles span { display: block; font-size: .8rem; line-height: 1.35;
  overflow-wrap: anywhere; }
.cnn-lab-tiles strong { font-weight: 600; }
.cnn-lab-tiles span { opacity: .8; }
`;
// An image of fewer pixels shows them; a photograph is scaled smoothly.
const CRISP_BELOW = 64;

function textNode(kind, text) {
  const node = document.createElement(kind);
  node.textContent = text;
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
  if (!document.getElementById('cnn-lab-tiles-style')) {
    const style = textNode('style', STYLE);
    style.id = 'cnn-lab-tiles-style';
    document.head.append(style);
  }
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
