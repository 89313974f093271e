/** Rows under headings, in columns as wide as they need. */
import type { Terminal } from './terminal.ts'

export function printTable(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const all = [head, ...rows].map((row) => row.map(printable))
  const widths = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)))
  for (const row of all) {
    const cells = row.map((cell, at) => cell.padEnd(widths[at] ?? 0))
    terminal.out(`${cells.join('  ').trimEnd()}\n`)
  }
}

/** `2026-11-29 09:35:25`, UTC. */
export function momentOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1_048_576
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : `${(bytes / 1_048_576).toFixed(1)} MiB`
}

const control = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** What others have named, as one line: nothing in it moves the cursor, colours what follows or turns it round. */
export function printable(text: string): string {
  return text.replace(control, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
