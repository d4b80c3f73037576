/**
 * What a model cannot take, as pure functions of the parsed request and the model's card. Source: contract section 4.
 * Each throws a GatewayError before anything goes upstream, or says what to change.
 */

export { guardImages } from './guards/images.ts';
export { promptByteBound } from './guards/prompt-bound.ts';
export { guardWebSearch } from './guards/web-search.ts';
export { checkWindow, fitsWithoutCounting, type OutputLimit, outputLimit } from './guards/window.ts';
