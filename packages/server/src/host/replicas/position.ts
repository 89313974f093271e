/** A place in Postgres's log, as bytes since its beginning: good for 9 PB of it. */

/** `16/B374D848` → bytes; null for what is none. */
export function parsePosition(text: string): number | null {
  const [, high, low] = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i.exec(text) ?? []
  if (high === undefined || low === undefined) return null
  const position = Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16)
  return Number.isSafeInteger(position) ? position : null
}

export function formatPosition(position: number): string {
  const high = Math.floor(position / 2 ** 32)
  return `${high.toString(16)}/${(position % 2 ** 32).toString(16)}`.toUpperCase()
}

/** Behind all there is: only the primary will do. */
export const unknownPosition: number = Number.MAX_SAFE_INTEGER
