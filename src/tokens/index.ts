export {
  createTokenCounter,
  estimateTokens,
  loadTokenizer,
  sharedTokenizer,
  type TokenCounter,
} from './token-counter.ts';
