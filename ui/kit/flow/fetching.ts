/** Milliseconds. */
const again = 5_000;

/** Fetches a part of the page, and again while it cannot be had; gives what ends that. */
export function fetching<T>(get: () => Promise<T>, take: (part: T) => void): () => void {
  let over = false;
  const end = () => {
    over = true;
    clearInterval(timer);
  };
  const need = () =>
    void get().then(
      (part) => {
        if (over) return;
        end();
        take(part);
      },
      () => undefined,
    );
  const timer = setInterval(need, again);
  need();
  return end;
}
