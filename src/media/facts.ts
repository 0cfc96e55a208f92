/** What a container says of itself, checked and in plain units. */
export interface MediaFacts {
  /** As the header claims, or as the packets of the picture (else of the sound) say, where that is longer. */
  durationSeconds: number;
  /** ffprobe's format name, one of the allow-list. */
  format: string;
  video: VideoFacts | null;
  audio: AudioFacts[];
  subtitles: SubtitleFacts[];
}

export interface VideoFacts {
  streamIndex: number;
  codec: string;
  /** Pixels as displayed: after rotation and sample aspect. */
  width: number;
  height: number;
  /** Clockwise, one of 0, 90, 180, 270. */
  rotationDegrees: number;
  /** Average; frame times are exact elsewhere. */
  framesPerSecond: number;
  startSeconds: number;
  /** Each picture is two, which were taken one after the other: every second line belongs to the later one. */
  isInterlaced: boolean;
  /** PQ and HLG: what its brightest light means, by ITU-R BT.2100. */
  dynamicRange: 'SDR' | 'PQ' | 'HLG';
}

export interface AudioFacts {
  streamIndex: number;
  codec: string;
  channels: number;
  sampleRate: number;
  language: string | null;
  isDefault: boolean;
}

export interface SubtitleFacts {
  streamIndex: number;
  codec: string;
  language: string | null;
  /** False for picture subtitles (PGS, VobSub), which carry no text. */
  isText: boolean;
}
