import { INPUT, inputLimits, outputOf } from './child.js';
import { FORMATS } from './formats.js';

/** What is asked of ffprobe: no more than is read, so that a stranger's tags stay where they are. */
const CONTAINER = [
  'format=format_name,duration,start_time',
  'stream=index,codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,field_order,color_transfer,start_time,duration,channels,sample_rate,time_base',
  'stream_disposition=default,attached_pic',
  'stream_tags=language',
  'stream_side_data=rotation',
].join(':');
const PACKETS = 'packet=stream_index,pts,dts,dts_time,duration,size,flags';

const CONTAINER_LIMITS = { timeoutSeconds: 30, maxBytes: 4 * 1024 ** 2 };
/** About 90 bytes a packet: 120 frames a second for an hour and two sound tracks, with room. */
const PACKETS_LIMITS = { timeoutSeconds: 60, maxBytes: 96 * 1024 ** 2 };

/**
 * What a container says of itself as ffprobe's `compact` lines; with its packets, a line each in front of the others.
 * Reading them decodes nothing, but reads the whole file.
 * @throws Failure what `outputOf` throws
 */
export async function listFile(
  path: string,
  options: { withPackets: boolean; signal: AbortSignal },
): Promise<{ code: number; text: string; stderr: string }> {
  const { code, stdout, stderr } = await outputOf({
    program: 'ffprobe',
    args: [
      ...['-v', 'error', '-hide_banner'],
      ...inputLimits(FORMATS),
      ...['-show_entries', options.withPackets ? `${CONTAINER}:${PACKETS}` : CONTAINER],
      ...['-of', 'compact=nk=0', INPUT],
    ],
    inputPath: path,
    ...(options.withPackets ? PACKETS_LIMITS : CONTAINER_LIMITS),
    signal: options.signal,
  });
  return { code, text: stdout.toString('utf8'), stderr };
}

/** A line's fields by name, those of nested sections among them: `disposition:default`, `tag:language`, `rotation`. */
export type Fields = ReadonlyMap<string, string>;

/** The streams in order, and the format; null where the listing has none. */
export function parseContainer(text: string): { streams: Fields[]; format: Fields } | null {
  const streams = new Map<number, Fields>();
  let format: Fields | null = null;
  // Behind the packets, of which there may be a million.
  const start = Math.max(0, text.lastIndexOf('\npacket|'));
  for (const line of text.slice(start).split('\n')) {
    // Streams of a programme are told twice, the second time in full.
    if (line.startsWith('stream|')) {
      const stream = fieldsOf(line);
      streams.set(Number(stream.get('index')), stream);
    } else if (line.startsWith('format|')) format = fieldsOf(line);
  }
  return format && { streams: [...streams.values()].toSorted(byIndex), format };
}

const byIndex = (a: Fields, b: Fields) => Number(a.get('index')) - Number(b.get('index'));

/** ffprobe puts a backslash before each bar, backslash and line end that belongs to a value. */
function fieldsOf(line: string): Fields {
  const fields = new Map<string, string>();
  for (const [part] of line.matchAll(/(?:[^|\\]|\\.)+/g)) {
    const at = part.indexOf('=');
    const value = part.slice(at + 1);
    if (at > 0 && value !== 'N/A') fields.set(part.slice(0, at), value.replace(/\\(.)/g, '$1'));
  }
  return fields;
}
