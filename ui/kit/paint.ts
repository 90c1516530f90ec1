/** In milliseconds. A page that nobody sees paints nothing. */
const latest = 100;

/** Does something once what has changed so far was painted; the answer calls it off. */
export function afterPaint(what: () => void): () => void {
  let timer = setTimeout(what, latest);
  const frame = requestAnimationFrame(() => {
    clearTimeout(timer);
    timer = setTimeout(what);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
