/** `quantile([1, 2, 3, 4], 0.5)` → 3; of nothing 0. `sorted` ascends. */
export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
