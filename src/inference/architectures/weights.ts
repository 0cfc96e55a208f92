import type { Checkpoint } from '../checkpoint.js';
import type { Linear, Parameter } from '../onnx/graph.js';
import type { Norm } from '../onnx/layers.js';

/** Names a checkpoint's tensors below a prefix such as `encoder.layer.3.`, in the roles that builders ask for. */
export class Weights {
  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly prefix = '',
  ) {}

  below(prefix: string): Weights {
    return new Weights(this.checkpoint, `${this.prefix}${prefix}.`);
  }

  has(name: string): boolean {
    return this.checkpoint.has(this.prefix + name);
  }

  /** @throws Failure MODEL_INVALID when the checkpoint has no such tensor */
  tensor(name: string): Parameter {
    const full = this.prefix + name;
    return { dims: this.checkpoint.dims(full), read: () => this.checkpoint.read(full) };
  }

  optional(name: string): Parameter | null {
    return this.has(name) ? this.tensor(name) : null;
  }

  linear(name: string): Linear {
    return { weight: this.tensor(`${name}.weight`), bias: this.optional(`${name}.bias`) };
  }

  norm(name: string, epsilon: number): Norm {
    return { gain: this.tensor(`${name}.weight`), bias: this.tensor(`${name}.bias`), epsilon };
  }
}
