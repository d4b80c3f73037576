/** `0.435` → `$0.435`, `15` → `$15.00`, `0.5` → `$0.50`: the decimals as they are given, but two at least. */
export function priceText(amount: string): string {
  const [whole = '', places = ''] = amount.split('.');
  return `$${whole}.${places.padEnd(2, '0')}`;
}
