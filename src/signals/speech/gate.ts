/** Samples of a gate's frame: 32 ms at 16 kHz. */
export const GATE_FRAME = 512;
export const GATE_FRAME_SECONDS = 0.032; // 512 / 16,000

/** Says how likely it is that somebody speaks. */
export interface SpeechGate {
  readonly name: 'silero' | 'energy';
  /**
   * @param samples 16 kHz mono, −1 … 1
   * @returns a probability for each frame of 512 samples, the last one filled up with silence
   * @throws the AbortSignal's reason
   */
  probabilities(samples: Float32Array, signal: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}
