import type { Upload, UploadAnswer } from '@appwarrant/server/api-types';
import { problemOf } from './problem.ts';
import { fileAddress, noticeSignOut, unreachable } from './request.ts';

export type { Upload };

/**
 * Sends a file as it is, and tells how much of it is on its way (bytes). Throws PortalProblem, or an AbortError.
 * An XMLHttpRequest, because fetch does not tell.
 */
export function uploadFile(
  file: File,
  progress: (sent: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', fileAddress('/uploads'));
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.addEventListener('progress', (event) => progress(event.loaded));
    request.addEventListener('load', () => {
      const body: unknown = request.response;
      if (request.status >= 200 && request.status < 300) resolve((body as UploadAnswer).upload);
      else reject(noticeSignOut(problemOf(body, request.status)));
    });
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('abort', () =>
      reject(new DOMException('The upload was stopped.', 'AbortError')),
    );
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
