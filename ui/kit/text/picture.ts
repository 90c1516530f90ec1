/** Whether a browser shows a file of this type as a picture. */
export const isPicture = (type: string): boolean => /^image\/(png|jpeg|gif|webp)$/.test(type);

/** Shows a picture from the browser's own memory. */
export const showing = (file: File) => (image: HTMLImageElement): (() => void) => {
  const address = URL.createObjectURL(file);
  image.src = address;
  return () => URL.revokeObjectURL(address);
};
