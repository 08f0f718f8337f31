import { AdditiveAttention, type AdditiveAttentionConfig, Attention, type AttentionConfig } from './attention.ts';
import {
  GroupQueryAttention,
  type GroupQueryAttentionConfig,
  MultiHeadAttention,
  type MultiHeadAttentionConfig,
} from './multi-head-attention.ts';

export {
  AdditiveAttention,
  type AdditiveAttentionConfig,
  Attention,
  type AttentionConfig,
  GroupQueryAttention,
  type GroupQueryAttentionConfig,
  MultiHeadAttention,
  type MultiHeadAttentionConfig,
};

/** See {@link Attention}. */
export function attention(config?: AttentionConfig): Attention {
  return new Attention(config);
}

/** See {@link AdditiveAttention}. */
export function additiveAttention(config?: AdditiveAttentionConfig): AdditiveAttention {
  return new AdditiveAttention(config);
}

/** See {@link MultiHeadAttention}. */
export function multiHeadAttention(config: MultiHeadAttentionConfig): MultiHeadAttention {
  return new MultiHeadAttention(config);
}

/** See {@link GroupQueryAttention}. */
export function groupQueryAttention(config: GroupQueryAttentionConfig): GroupQueryAttention {
  return new GroupQueryAttention(config);
}
