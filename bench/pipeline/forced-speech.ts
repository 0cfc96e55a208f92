import type { Recogniser } from '../../src/signals/speech/recognition.js';
import type { EncodedWindows, SpeechModel, TokenDecoding } from '../../src/signals/speech/session.js';

/** A window of 30 s in which somebody speaks half of the time, at 2.5 words and 1.3 tokens a word a second. */
const WORD_TOKENS = 50; // 30 · ½ · 2.5 · 1.3
/** Above every logit of a random checkpoint. */
const CERTAIN = 1_000;
/** Where Whisper's vocabulary holds plain words, more of them than are said. */
const [FIRST_WORD, WORDS] = [1_000, 20_000];

/**
 * The same model, made to say one line of as many tokens as a trailer's window holds: random weights would go on to
 * the longest answer and be asked again at every temperature. Everything is computed as ever.
 */
export function talkative({ model, tokenizer }: Recogniser): SpeechModel {
  const { timestampBegin, endOfText } = tokenizer.steering;
  const answer = [
    timestampBegin,
    ...Array.from({ length: WORD_TOKENS }, (_, i) => FIRST_WORD + ((i * 7_919) % WORDS)),
    timestampBegin + model.shape.audioPositions,
    endOfText,
  ];
  const { vocabulary } = model.shape;
  return {
    name: model.name,
    shape: model.shape,
    encode: async (mel, windows) => forced(await model.encode(mel, windows), answer, vocabulary),
    close: () => model.close(),
  };
}

function forced(heard: EncodedWindows, answer: readonly number[], vocabulary: number): EncodedWindows {
  return {
    windows: heard.windows,
    decode: (windowOfRow) => forcedDecoding(heard.decode(windowOfRow), answer, vocabulary),
    release: () => heard.release(),
  };
}

function forcedDecoding(
  decoding: TokenDecoding,
  answer: readonly number[],
  vocabulary: number,
): TokenDecoding {
  let step = 0;
  return {
    async feed(tokens, length, positions) {
      const logits = await decoding.feed(tokens, length, positions);
      const token = answer[Math.min(step++, answer.length - 1)]!;
      for (let row = 0; row < logits.length; row += vocabulary) logits[row + token] = CERTAIN;
      return logits;
    },
    select: (rows) => decoding.select(rows),
    release: () => decoding.release(),
  };
}
