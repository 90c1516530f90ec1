const row = (id: string) => `[data-id="${CSS.escape(id)}"]`;

/**
 * Keeps the focus in a list whose lines come, go and change places: a line that
 * moved has it again, and where one is gone the next has it. For the element around
 * the list, as an attachment. Whoever has gone elsewhere is left alone.
 */
export function keepsFocus(list: HTMLElement): () => void {
  /** The line that had the focus last, and its place. */
  let held: { id: string; at: number } | undefined;
  const lines = () => [...list.querySelectorAll<HTMLElement>('[data-id]')];

  function moved({ target }: Event) {
    if (!(target instanceof HTMLElement) || target.closest('dialog')) return; // a dialog gives it back
    const line = list.contains(target) ? target.closest<HTMLElement>('[data-id]') : null;
    held = line ? { id: line.dataset.id!, at: lines().indexOf(line) } : undefined;
  }
  function look() {
    if (!held || (document.activeElement ?? document.body) !== document.body || document.querySelector('dialog[open]')) return;
    const same = list.querySelector<HTMLElement>(row(held.id));
    if (same) return same.focus({ preventScroll: true });
    const all = lines();
    (all[Math.min(held.at, all.length - 1)] ?? document.querySelector<HTMLElement>('.desk h1'))?.focus();
  }

  const observer = new MutationObserver(look);
  observer.observe(list, { childList: true, subtree: true });
  document.addEventListener('focusin', moved);
  document.addEventListener('pointerdown', moved);
  document.addEventListener('close', look, true);
  return () => {
    observer.disconnect();
    document.removeEventListener('focusin', moved);
    document.removeEventListener('pointerdown', moved);
    document.removeEventListener('close', look, true);
  };
}
