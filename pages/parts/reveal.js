// Brings a part of the page into sight, once for each number that it is told with. See reveal.py.

let done = null;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

export function draw({ data }) {
  const { selector, number } = data;
  if (number === null || number === done) return;
  done = number;
  // What it is may be drawn a moment later than this.
  let left = 40;
  const look = () => {
    const part = document.querySelector(selector);
    if (part) part.scrollIntoView({ block: 'start', behavior: calm.matches ? 'auto' : 'smooth' });
    else if (left--) setTimeout(look, 50);
  };
  requestAnimationFrame(look);
}
