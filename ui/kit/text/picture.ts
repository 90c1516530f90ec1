/** Whether a browser shows a file of this type as a picture. */
export const isPicture = (type: string): boolean => /^image\/(png|jpeg|gif|webp)$/.test(type);
