export {
  countTextSync,
  createTokenCounter,
  estimateTokens,
  loadTokenizer,
  sharedTokenizer,
  type TokenCount,
  type TokenCounter,
} from './token-counter.ts';
