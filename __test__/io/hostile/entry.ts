/** A file that must be refused. */
export interface HostileFile {
  readonly name: string;
  readonly format: 'npz' | 'npy' | 'safetensors' | 'hdf5' | 'keras' | 'h5';
  readonly bytes: Uint8Array;
  /** What the error says: a part of it, or a pattern. */
  readonly says: string | RegExp;
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
