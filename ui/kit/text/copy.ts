/**
 * Puts a text on the clipboard. False where the browser refuses, as it may at any
 * time; then the text is selected where it is shown, for whoever copies it by hand.
 */
export async function copyText(text: string, shown?: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown instanceof HTMLInputElement || shown instanceof HTMLTextAreaElement) shown.select();
    else if (shown) getSelection()?.selectAllChildren(shown);
    return false;
  }
}
