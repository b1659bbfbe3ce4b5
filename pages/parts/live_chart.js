// Draws the figures of live_chart.py. A figure arrives whole once, and then as what changed since the version before.

function loadPlotly(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.__cnnLabPlotly ||= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { window.__cnnLabPlotly = null; script.remove(); reject(new Error(source)); };
    document.head.appendChild(script);
  });
  return window.__cnnLabPlotly;
}

function themed(layout, style) {
  const variable = (name) => style.getPropertyValue(name).trim();
  const grid = variable('--st-border-color') || '#8884';
  layout.paper_bgcolor = layout.plot_bgcolor = 'rgba(0,0,0,0)';
  layout.font = { family: variable('--st-font') || 'sans-serif', color: variable('--st-text-color'), size: 13 };
  layout.hoverlabel = {
    bgcolor: variable('--st-secondary-background-color'),
    bordercolor: grid,
    font: { color: variable('--st-text-color') },
    namelength: -1,
  };
  // Plotly's own grey box would lie over the legend.
  layout.modebar = { bgcolor: 'rgba(0,0,0,0)', color: grid, activecolor: variable('--st-text-color') };
  for (const axis of ['xaxis', 'yaxis'])
    layout[axis] = Object.assign({ gridcolor: grid, zerolinecolor: grid, automargin: true }, layout[axis]);
  layout.autosize = true;
  return layout;
}

// Little-endian float32 in base64, as every browser's typed arrays have it.
function numbers(encoded) {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  return Array.from(new Float32Array(bytes.buffer));
}

// Brings what this node has up to the new version. False: it lacks the version that the change begins with.
function takeIn(host, update) {
  const has = host.cnnLabFigure ?? { version: 0, still: null, curves: [] };
  if (update.version === has.version) return true;
  if (update.base !== 0 && update.base !== has.version) return false;
  const curves = update.curves.map((change, index) => {
    if (change === null) return null;
    const before = has.curves[index] ?? { x: [], y: [] };
    const extended = (axis) => before[axis].slice(0, change.keep).concat(numbers(change[axis]));
    return { x: extended('x'), y: extended('y') };
  });
  host.cnnLabFigure = { version: update.version, still: update.still ?? has.still, curves };
  return true;
}

export function draw({ data, setTriggerValue }, host) {
  host.setAttribute('aria-label', data.alt);
  host.style.minHeight = data.height + 'px';
  if (!takeIn(host, data.update)) {
    setTriggerValue('lost', data.update.version);
    return undefined;
  }
  loadPlotly(data.plotly).then((Plotly) => {
    const { still, curves } = host.cnnLabFigure;
    const figure = JSON.parse(still);
    // A trace that is no curve has none, and came whole.
    figure.data.forEach((trace, index) => Object.assign(trace, curves[index]));
    return Plotly.react(host, figure.data, themed(figure.layout, getComputedStyle(host)), {
      displaylogo: false, responsive: true, showTips: false,
      modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d'],
    });
  }).catch((error) => {
    host.textContent = 'The chart could not be loaded (' + error.message + '). Reload the page.';
  });
  return () => window.Plotly?.purge(host);
}
