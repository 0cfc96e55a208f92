import { authorization } from './access.js';
import { ApiError } from './api.js';

interface UploadAnswer {
  id?: string;
  errors?: { message: string }[];
}

/**
 * Sends a file by PUT /uploads. XMLHttpRequest, because fetch tells nothing of an upload's progress.
 *
 * @param onProgress share sent, 0 … 1
 * @returns the upload's id
 * @throws ApiError with what the server said
 */
export function upload(file: File, onProgress: (share: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('PUT', `/uploads?fileName=${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(authorization())) sending.setRequestHeader(name, value);
    sending.setRequestHeader('content-type', 'application/octet-stream');
    sending.responseType = 'json';
    sending.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    sending.addEventListener('load', () => {
      const answer = (sending.response ?? {}) as UploadAnswer;
      if (answer.id) resolve(answer.id);
      else
        reject(
          new ApiError([answer.errors?.[0]?.message ?? `The upload was refused (HTTP ${sending.status}).`]),
        );
    });
    sending.addEventListener('error', () =>
      reject(
        new ApiError([
          'The upload broke off. Check the connection and the size of the file, then try again.',
        ]),
      ),
    );
    sending.send(file);
  });
}

/** A subtitle file as text: UTF-8 or UTF-16 by its mark, UTF-8 where it is valid, else Windows-1252. */
export async function readSubtitles(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
