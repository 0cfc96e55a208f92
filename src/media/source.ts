/** Where a trailer comes from, as validated at the edge. */
export type TrailerSource =
  | { kind: 'PATH'; path: string }
  | { kind: 'UPLOAD'; uploadId: string }
  | { kind: 'URL'; url: string };

/** A trailer on this machine's disk, named by its content. */
export interface FetchedTrailer {
  /** Lower-case hexadecimal sha256 of the file's bytes. */
  contentHash: string;
  /** Absolute path of a file that nobody else changes: inside the media store, or the user's own file. */
  path: string;
  bytes: number;
  /** What the source calls it (a file name without its ending, a video's title). */
  name: string;
  /** Sidecar subtitles or platform captions that came along, best first. */
  captions: CaptionFile[];
}

export interface CaptionFile {
  path: string;
  /** BCP 47, where known. */
  language: string | null;
  origin: 'SIDECAR' | 'PLATFORM';
}
