/** `hold-expiry` as `HoldExpiry`: how constructs and outputs are named after functions. */
export function pascalCase(name: string): string {
  return name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}
