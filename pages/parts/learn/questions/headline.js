// The line of headline.py. What was pressed goes with the question that it belonged to, and the focus with it: then the
// line takes it, so that a reader is told what has come, and the Tab key goes on from there.

export function draw({ data }, host) {
  const isNew = host.cnnLabWords !== undefined && host.cnnLabWords !== data.words;
  host.cnnLabWords = host.textContent = data.words;
  if (isNew) host.focus();
}
