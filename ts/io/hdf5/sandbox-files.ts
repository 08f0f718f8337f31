// The two files that the library may see, as the file system of its sandbox asks for them.
import { control, PAGE, states, TRANSFER } from './protocol.ts';

/** A file of the sandbox. */
export interface SandboxFile {
  size: number;
  read(position: number, into: Uint8Array): void;
  write(position: number, bytes: Uint8Array): void;
}

/** A file that the host holds: pages come on demand, and the last ones are kept. */
export class SourceFile implements SandboxFile {
  readonly size: number;
  readonly #pages: Map<number, Uint8Array>;
  readonly #ask: (position: number, length: number) => void;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(
    size: number,
    pages: ReadonlyMap<number, Uint8Array>,
    transfer: SharedArrayBuffer,
    ask: (position: number, length: number) => void,
  ) {
    this.size = size;
    this.#pages = new Map(pages);
    this.#ask = ask;
    this.#words = new Int32Array(transfer, 0, control.words);
    this.#bytes = new Uint8Array(transfer, control.words * Int32Array.BYTES_PER_ELEMENT);
  }

  read(position: number, into: Uint8Array): void {
    if (into.length > PAGE) {
      for (let done = 0; done < into.length; done += TRANSFER) {
        const length = Math.min(TRANSFER, into.length - done);
        into.set(this.#fetch(position + done, length), done);
      }
      return;
    }
    for (let done = 0; done < into.length; ) {
      const index = Math.floor((position + done) / PAGE);
      const from = position + done - index * PAGE;
      const part = this.#page(index).subarray(from, from + into.length - done);
      into.set(part, done);
      done += part.length;
    }
  }

  write(): void {
    throw new Error('the file is read only');
  }

  #page(index: number): Uint8Array {
    const known = this.#pages.get(index);
    if (known !== undefined) return known;
    const page = this.#fetch(index * PAGE, Math.min(PAGE, this.size - index * PAGE)).slice();
    // The oldest goes: a Map keeps the order in which its keys came.
    if (this.#pages.size >= 2048) this.#pages.delete(this.#pages.keys().next().value as number);
    this.#pages.set(index, page);
    return page;
  }

  /** Bytes of the host. The library asks in the middle of its work, so this thread stands still until they are there. */
  #fetch(position: number, length: number): Uint8Array {
    Atomics.store(this.#words, control.state, states.waiting);
    this.#ask(position, length);
    Atomics.wait(this.#words, control.state, states.waiting);
    if (Atomics.load(this.#words, control.state) !== states.done) throw new Error('the file could not be read');
    return this.#bytes.subarray(0, length);
  }
}

/** A file that is being written: pages of it, as far as anything was written there. */
export class NewFile implements SandboxFile {
  size = 0;
  readonly pages: Map<number, Uint8Array> = new Map();

  read(position: number, into: Uint8Array): void {
    this.#each(position, into.length, (page, from, done, length) => {
      const bytes = this.pages.get(page);
      if (bytes === undefined) into.fill(0, done, done + length);
      else into.set(bytes.subarray(from, from + length), done);
    });
  }

  write(position: number, bytes: Uint8Array): void {
    this.#each(position, bytes.length, (page, from, done, length) => {
      let target = this.pages.get(page);
      if (target === undefined) {
        target = new Uint8Array(PAGE);
        this.pages.set(page, target);
      }
      target.set(bytes.subarray(done, done + length), from);
    });
    this.size = Math.max(this.size, position + bytes.length);
  }

  #each(position: number, length: number, act: (page: number, from: number, done: number, length: number) => void) {
    for (let done = 0; done < length; ) {
      const page = Math.floor((position + done) / PAGE);
      const from = position + done - page * PAGE;
      const part = Math.min(PAGE - from, length - done);
      act(page, from, done, part);
      done += part;
    }
  }
}

/** The part of Emscripten's file system that a file of one's own needs. */
export interface SandboxFileSystem {
  root: object;
  createNode(parent: object, name: string, mode: number, device: number): SandboxNode;
  destroyNode(node: SandboxNode): void;
  getStream(descriptor: number): { stream_ops: object } | null;
}

interface SandboxNode {
  node_ops: object;
  stream_ops: object;
  id: number;
  mode: number;
}

/** Puts a file into the sandbox; gives what removes it. */
export function mount(system: SandboxFileSystem, name: string, file: SandboxFile): () => void {
  const node = system.createNode(system.root, name, 0o100600, 0);
  const time = new Date(0);
  node.node_ops = {
    getattr: () => ({
      dev: 1,
      ino: node.id,
      mode: node.mode,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: file.size,
      atime: time,
      mtime: time,
      ctime: time,
      blksize: 4096,
      blocks: Math.ceil(file.size / 4096),
    }),
    setattr(_: unknown, { size }: { size?: number }) {
      if (size !== undefined) file.size = size;
    },
  };
  node.stream_ops = {
    read(_: unknown, heap: ArrayBufferView, offset: number, length: number, position: number) {
      const count = Math.max(0, Math.min(length, file.size - position));
      if (count > 0) file.read(position, bytesOf(heap, offset, count));
      return count;
    },
    write(_: unknown, heap: ArrayBufferView, offset: number, length: number, position: number) {
      file.write(position, bytesOf(heap, offset, length));
      return length;
    },
    llseek(stream: { position: number }, offset: number, whence: number) {
      return offset + (whence === 1 ? stream.position : whence === 2 ? file.size : 0);
    },
  };
  return () => system.destroyNode(node);
}

/** Takes what the library prints, a text at a time: its terminal would take every letter by itself, which is slow. */
export function catchOutput(system: SandboxFileSystem, print: (text: string) => void): void {
  const decoder = new TextDecoder();
  for (const descriptor of [1, 2]) {
    const stream = system.getStream(descriptor);
    if (stream === null) continue;
    stream.stream_ops = {
      write(_: unknown, heap: ArrayBufferView, offset: number, length: number) {
        print(decoder.decode(bytesOf(heap, offset, length)));
        return length;
      },
    };
  }
}

function bytesOf(heap: ArrayBufferView, offset: number, length: number): Uint8Array {
  return new Uint8Array(heap.buffer as ArrayBuffer, heap.byteOffset + offset, length);
}
