/** Forgets what a map has held for longest, where it holds more than `most`. */
export function forgetFirst(map: Map<unknown, unknown>, most: number): void {
  if (map.size > most) map.delete(map.keys().next().value);
}
