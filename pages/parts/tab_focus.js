// Gives the focus back to a tab that was disabled while it had it, once it no longer is. See tab_focus.py.

function giveBack({ target: tab }) {
  // Only what is disabled has no place among the stops of the Tab key: others were left by whoever uses the page.
  if (!tab.matches('[data-testid="stTab"]:not([tabindex])')) return;
  const enabled = new MutationObserver(() => {
    forget();
    focus(tab);
  });
  const forget = () => enabled.disconnect();
  enabled.observe(tab, { attributeFilter: ['tabindex'] });
  // Whoever points at something meanwhile wants the focus there.
  document.addEventListener('pointerdown', forget, { once: true });
}

// Unless the focus has gone elsewhere meanwhile, or another tab is open.
function focus(tab) {
  if (document.activeElement === document.body && tab?.ariaSelected === 'true') tab.focus({ preventScroll: true });
}

export function draw() {
  // The same function is added once, however often this is called.
  document.addEventListener('focusout', giveBack);
  // One that lost it before this file was loaded was not told, and still says that it has it.
  focus(document.querySelector('[data-testid="stTab"][data-focused]'));
}
