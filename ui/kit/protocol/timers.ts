/** Timers by name; setting one again puts it off. All end together. */
export class Timers {
  #all = new Map<string, ReturnType<typeof setTimeout>>();

  set(name: string, milliseconds: number, run: () => void): void {
    this.clear(name);
    const timer = setTimeout(() => {
      this.#all.delete(name);
      run();
    }, milliseconds);
    this.#all.set(name, timer);
  }

  has(name: string): boolean {
    return this.#all.has(name);
  }

  clear(name: string): void {
    clearTimeout(this.#all.get(name));
    this.#all.delete(name);
  }

  clearAll(): void {
    for (const timer of this.#all.values()) clearTimeout(timer);
    this.#all.clear();
  }
}
