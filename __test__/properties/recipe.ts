/** An argument that is right: a source, or a list or record of such, whose parts can be exchanged one by one. */
export type Example = string | readonly Example[] | { readonly [name: string]: Example };

/** The arguments of one call. */
export type Call = readonly Example[];
