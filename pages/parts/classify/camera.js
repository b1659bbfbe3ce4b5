// Says why the camera stays dark. Streamlit's own camera shows the same question whatever is the matter.

const UNSAFE = 'This browser gives the camera only to pages that come over https or from this machine (localhost). '
  + 'Open the app that way, or drop a photo instead.';
const REFUSED = 'The browser refuses the camera to this page. Allow it in the settings of the site, '
  + 'behind the sign beside the address, and reload; or drop a photo instead.';
const NONE = 'This machine has no camera that the browser can see. Connect one and reload, or drop a photo instead.';
const ASKS = 'The browser asks whether this page may use the camera: allow it. '
  + 'Your picture goes to the server of this app and nowhere else.';

async function state() {
  if (!navigator.mediaDevices?.getUserMedia) return UNSAFE;
  const devices = await navigator.mediaDevices.enumerateDevices();
  if (!devices.some((device) => device.kind === 'videoinput')) return NONE;
  try {
    const permission = await navigator.permissions.query({ name: 'camera' });
    permission.onchange = () => tell();
    return { denied: REFUSED, prompt: ASKS }[permission.state] ?? '';
  } catch {
    // Not every browser says so.
    return '';
  }
}

let shown = null;

async function tell() {
  const words = await state().catch(() => '');
  if (shown?.isConnected) shown.querySelector('p').textContent = words;
}

export function draw(_component, host) {
  if (shown === host) return;
  shown = host;
  host.replaceChildren(document.createElement('p'));
  if (navigator.mediaDevices) navigator.mediaDevices.ondevicechange = tell;
  tell();
}
