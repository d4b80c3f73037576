export {
  countTextSync,
  createTokenCounter,
  estimateTokens,
  sharedTokenizer,
  type TokenCount,
  type TokenCounter,
} from './token-counter.ts';
