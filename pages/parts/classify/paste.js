// Pictures of the clipboard become files of Streamlit's uploader, as if they had been chosen: its limits hold for them.

const KINDS = /^(image\/|application\/(zip|x-zip-compressed)$)/;
// The one that is on the page; the page's listener asks it.
let shown = null;
let count = 0;

function giveToUploader(files) {
  const input = document.querySelector(`.st-key-${shown.uploader} input[type=file]`);
  if (!input || !files.length) return;
  const list = new DataTransfer();
  files.forEach((file) => list.items.add(file));
  input.files = list.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

// Browsers call every picture that was copied "image.png".
function named(blob) {
  if (blob.name && blob.name !== 'image.png') return blob;
  count += 1;
  const ending = blob.type.split('/')[1]?.split('+')[0] || 'png';
  return new File([blob], `pasted ${count}.${ending}`, { type: blob.type });
}

function say(text) {
  if (shown) shown.words.textContent = text;
}

function onPaste(event) {
  if (!shown?.host.isConnected) return;
  const files = [...(event.clipboardData?.files ?? [])].filter((file) => KINDS.test(file.type));
  if (files.length) {
    event.preventDefault();
    giveToUploader(files.map(named));
    say(files.length > 1 ? `${files.length} pictures pasted.` : 'Pasted.');
    return;
  }
  // Text that goes into a field is nobody's mistake.
  if (!event.target.closest?.('input, textarea, [contenteditable]')) say('There is no picture in the clipboard.');
}

async function readClipboard() {
  try {
    const items = await navigator.clipboard.read();
    const pictures = items.map((item) => [item, item.types.find((type) => type.startsWith('image/'))]);
    const blobs = await Promise.all(pictures.filter(([, type]) => type).map(([item, type]) => item.getType(type)));
    giveToUploader(blobs.map(named));
    say(blobs.length ? 'Pasted.' : 'There is no picture in the clipboard.');
  } catch {
    say('The browser did not let the page read the clipboard. Press Ctrl+V (⌘V on a Mac) instead.');
  }
}

if (!window.cnnLabPaste) document.addEventListener('paste', (event) => window.cnnLabPaste(event));
window.cnnLabPaste = onPaste;

export function draw({ data }, host) {
  if (shown?.host === host) return;
  const words = document.createElement('span');
  words.setAttribute('role', 'status');
  words.textContent = 'Or press Ctrl+V (⌘V on a Mac) anywhere on this page.';
  shown = { host, uploader: data.uploader, words };
  const parts = [words];
  // Not there where the page did not come over https, or from this machine.
  if (navigator.clipboard?.read) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Paste from the clipboard';
    button.onclick = readClipboard;
    parts.unshift(button);
  }
  host.replaceChildren(...parts);
}
