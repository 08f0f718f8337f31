/** What an attribute holds: of one element the element, else a list. Booleans are 0 and 1. */
export type AttributeValue = string | number | bigint | string[] | number[];

/** Attributes by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Bytes of a page: the guard has read the pages that describe the file, and the library starts with them. */
export const PAGE: number = 16 * 2 ** 10;

/** Bytes that travel at once from the source to the library. */
export const TRANSFER: number = 2 ** 20;

/** Places of the control words of a transfer. */
export const control = { state: 0, length: 1, words: 2 } as const;

/** Values of `control.state`. */
export const states = { waiting: 0, done: 1, failed: 2 } as const;

/** A file to read. */
export interface OpenRequest {
  readonly size: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
  /** Bytes that the chunks and texts of the file may take in the library's memory. */
  readonly memory: number;
  readonly groups: readonly {
    readonly path: string;
    readonly children: readonly string[];
    readonly attributes: readonly string[];
  }[];
  readonly datasets: readonly {
    readonly path: string;
    readonly shape: readonly number[];
    readonly elementBytes: number;
    readonly isChunked: boolean;
    /** Whether the library reads its elements. */
    readonly isRead: boolean;
    readonly attributes: readonly string[];
  }[];
  /** Control words, then the bytes of one transfer. */
  readonly transfer: SharedArrayBuffer;
}

/** A part of a dataset: where it begins and how far it goes on every axis. */
export interface TileRequest {
  readonly path: string;
  readonly start: readonly number[];
  readonly count: readonly number[];
}

/** A group to write. */
export interface GroupRequest {
  readonly path: string;
  readonly attributes: Attributes;
}

/** A dataset to write. */
export interface DatasetRequest extends GroupRequest {
  readonly shape: readonly number[];
  readonly type: { readonly kind: 'integer' | 'float'; readonly bytes: number; readonly isSigned: boolean } | 'string';
  /** The elements; without them the dataset has no place in the file yet. */
  readonly data?: Uint8Array | readonly string[];
}

/** A file as it was written: the pages that hold anything. */
export interface WrittenFile {
  readonly size: number;
  readonly pageBytes: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** What the worker can be asked for: arguments and answers. */
export interface Calls {
  open: [OpenRequest, Map<string, Attributes>];
  numbers: [TileRequest, Uint8Array];
  strings: [TileRequest, string[]];
  create: [undefined, undefined];
  /** Many at once: every call takes its time to be heard. */
  add: [readonly (GroupRequest | DatasetRequest)[], undefined];
  finish: [undefined, WrittenFile];
  /** Forgets the file; gives the bytes of the library's memory. */
  close: [undefined, number];
}

/** From the host to the worker. */
export interface Call<Name extends keyof Calls = keyof Calls> {
  readonly name: Name;
  readonly argument: Calls[Name][0];
}

/** From the worker to the host: the answer of a call, or a wish for bytes (the worker then waits on the control words). */
export type Answer =
  | { readonly value: unknown }
  | { readonly error: string; readonly isFatal: boolean; readonly path: string }
  | { readonly position: number; readonly length: number };
