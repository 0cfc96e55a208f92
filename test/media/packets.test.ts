import { expect, test } from 'vitest';
import { parseContainer } from '../../src/media/listing.js';
import { keyFrameSeconds, parsePackets } from '../../src/media/packets.js';

/** ffprobe's lines in the order in which the file holds them: pictures are stream 1, 0.5 s of sound stand before them. */
const TEXT = `packet|stream_index=0|pts=0|dts=0|dts_time=0.000000|duration=1024|size=9|flags=K_
packet|stream_index=0|pts=22050|dts=22050|dts_time=0.500000|duration=1024|size=9|flags=K_
packet|stream_index=1|pts=1000|dts=0|dts_time=0.000000|duration=1000|size=900|flags=K_
packet|stream_index=1|pts=2000|dts=1000|dts_time=0.040000|duration=1000|size=100|flags=__
packet|stream_index=1|pts=3000|dts=2000|dts_time=0.080000|duration=1000|size=700|flags=K_
stream|index=0|time_base=1/44100
stream|index=1|codec_type=video|time_base=1/25000|tag:language=a\\|time_base=1/1|disposition:default=1
format|format_name=mov,mp4
`;

test('the pictures’ packets are read with their own clock, and how far the sound runs ahead of them', () => {
  const packets = parsePackets(TEXT, { streamIndex: 1, framesPerSecond: 25 });
  expect(packets.timeBase).toBe(1 / 25_000);
  expect([...packets.bytes]).toEqual([900, 100, 700]);
  expect([packets.firstPts, packets.endPts]).toEqual([1000, 4000]);
  expect(packets.leadSeconds).toBeCloseTo(0.5, 9);
  expect(keyFrameSeconds(packets)).toEqual([0, 0.08]);
});

test('a tag cannot pass for a field of its own, and streams that a programme tells first count once', () => {
  const { streams = [] } = parseContainer(`program|stream|index=0|codec_type=video\n${TEXT}`) ?? {};
  expect(streams.map((stream) => stream.get('index'))).toEqual(['0', '1']);
  expect(streams[1]?.get('tag:language')).toBe('a|time_base=1/1');
  expect(streams[1]?.get('time_base')).toBe('1/25000');
});
