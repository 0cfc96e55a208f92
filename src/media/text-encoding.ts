/** Bytes as text: by byte order mark, as UTF-8 where that is valid, else as the likeliest one-byte encoding. */
export function decodeText(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const wide = zeroSide(bytes);
  if (wide) return new TextDecoder(wide).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const encoding = oneByteEncoding(bytes);
    return encoding === 'windows-1252' ? decodeWestern(bytes) : new TextDecoder(encoding).decode(bytes);
  }
}

/** UTF-16 without a mark: in western text every second byte is zero. */
function zeroSide(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const zeros = [0, 0];
  const length = Math.min(bytes.length, 512);
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  if ((zeros[1] ?? 0) > length / 4) return 'utf-16le';
  if ((zeros[0] ?? 0) > length / 4) return 'utf-16be';
  return null;
}

/**
 * Windows-1252 (a superset of Latin-1), unless the high bytes are typical of Cyrillic or of central Europe.
 * Cyrillic text in Windows-1251 is mostly high bytes; central European letters sit where 1252 has signs.
 */
function oneByteEncoding(bytes: Uint8Array): string {
  let letters = 0;
  let high = 0;
  let central = 0;
  for (const byte of bytes) {
    if (byte >= 0xc0) high++;
    if ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)) letters++;
    // In 1250: Ą ą Ś ś Ł ł Ż ż Š š Ž ž Ť ť; in 1252 signs, or letters that western text has little of.
    if (CENTRAL_EUROPEAN.has(byte)) central++;
  }
  if (high > letters) return 'windows-1251';
  return central > 0 && central * 4 > high ? 'windows-1250' : 'windows-1252';
}

const CENTRAL_EUROPEAN = new Set([
  0xa5, 0xb9, 0x8c, 0x9c, 0xa3, 0xb3, 0xaf, 0xbf, 0x8a, 0x9a, 0x8e, 0x9e, 0x8d, 0x9d,
]);

/** What Windows-1252 has where Latin-1 has control characters, from 0x80 on. */
const WESTERN_SIGNS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Node 20's own decoder takes Windows-1252 for Latin-1. */
function decodeWestern(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.replace(/[\u0080-\u009f]/g, (sign) => WESTERN_SIGNS[sign.charCodeAt(0) - 0x80] ?? sign);
}
