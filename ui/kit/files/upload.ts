import type { Attachment } from '../protocol/frames.ts';

/** The server did not take a file. */
export class UploadRefused extends Error {
  constructor(
    readonly status: number,
    /** Milliseconds to wait; 0 when nothing was said. */
    readonly retryAfter: number,
  ) {
    super(`upload refused: ${status}`);
  }
}

/** Sends one file; tells how much of it has gone, from 0 to 1. Rejects with UploadRefused, or any error when the network fails. */
export type Upload = (file: File, signal: AbortSignal, progress: (part: number) => void) => Promise<Attachment>;

/** Sends to an address of the page's own server. XMLHttpRequest, because fetch does not tell how far it has got. */
export function uploader(address: string, authorization?: () => string): Upload {
  return (file, signal, progress) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('POST', address);
      if (authorization) request.setRequestHeader('Authorization', authorization());
      request.responseType = 'json';
      request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
      request.onload = () => {
        const answer = request.response as Attachment | null;
        if (request.status >= 200 && request.status < 300 && answer) return resolve(answer);
        reject(new UploadRefused(request.status, 1000 * (Number(request.getResponseHeader('Retry-After')) || 0)));
      };
      request.onerror = request.onabort = () => reject(new Error('upload failed'));
      signal.addEventListener('abort', () => request.abort());
      const form = new FormData();
      form.set('file', file);
      request.send(form);
    });
}
