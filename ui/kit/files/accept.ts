/** The attribute of a file chooser, so that it offers what is taken; all files where that cannot be told by a type. */
export function acceptOf(types: string[] | undefined): string | undefined {
  if (!types || types.includes('application/octet-stream')) return undefined;
  // Plain text has many types and endings.
  return types.map((t) => (t === 'text/plain' ? 'text/*' : t)).join(',');
}
