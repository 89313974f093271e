/** Postgres array literals from and to JavaScript arrays of text. */

/** `arrayLiteral(['a', 'b "c"'])` → `{"a","b \"c\""}`; null becomes `NULL`. */
export function arrayLiteral(items: readonly (string | null)[]): string {
  return `{${items.map((item) => (item === null ? 'NULL' : quoteItem(item))).join(',')}}`
}

function quoteItem(item: string): string {
  return `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** `parseArrayLiteral('{a,"b c",NULL}')` → `['a', 'b c', null]`. One dimension only. */
export function parseArrayLiteral(text: string): (string | null)[] {
  const items: (string | null)[] = []
  let at = 1
  while (at < text.length - 1) {
    if (text[at] === '"') {
      let item = ''
      for (at++; text[at] !== '"'; at++) {
        if (text[at] === '\\') at++
        item += text[at] ?? ''
      }
      items.push(item)
      at += 2
      continue
    }
    const comma = text.indexOf(',', at)
    const end = comma === -1 ? text.length - 1 : comma
    const item = text.slice(at, end)
    items.push(item === 'NULL' ? null : item)
    at = end + 1
  }
  return items
}
