import { Tensor } from 'onnxruntime-node';
import { openOnnx } from '../../inference/onnx-session.js';
import { GATE_FRAME, type SpeechGate } from './gate.js';

/** Samples of the frame before that the network hears again. */
const CONTEXT = 64;
const STATE_SHAPE = [2, 1, 128];
const STATE_LENGTH = 256; // 2 × 1 × 128
/** Frames between two looks at the AbortSignal: about 3 s of sound, 15 ms of work. */
const FRAMES_A_LOOK = 100;

/**
 * Silero VAD 5 or 6 for 16 kHz: a small recurrent network, run frame by frame. It blocks its thread, so it
 * belongs into a worker thread.
 *
 * @throws Failure MODEL_INVALID when the file is no readable graph
 */
export async function openSileroGate(file: string): Promise<SpeechGate> {
  const session = await openOnnx(file);
  const sampleRate = new Tensor('int64', BigInt64Array.of(16_000n), []);
  return {
    name: 'silero',
    async probabilities(samples, signal) {
      const probabilities = new Float32Array(Math.ceil(samples.length / GATE_FRAME));
      const input = new Float32Array(CONTEXT + GATE_FRAME);
      let state = new Tensor('float32', new Float32Array(STATE_LENGTH), STATE_SHAPE);
      for (let frame = 0; frame < probabilities.length; frame++) {
        if (frame % FRAMES_A_LOOK === 0) signal.throwIfAborted();
        input.copyWithin(0, GATE_FRAME);
        input.fill(0, CONTEXT);
        input.set(samples.subarray(frame * GATE_FRAME, (frame + 1) * GATE_FRAME), CONTEXT);
        const output = await session.run({
          input: new Tensor('float32', input, [1, input.length]),
          state,
          sr: sampleRate,
        });
        probabilities[frame] = (output.output!.data as Float32Array)[0]!;
        state = output.stateN as typeof state;
      }
      return probabilities;
    },
    close: () => session.close(),
  };
}
