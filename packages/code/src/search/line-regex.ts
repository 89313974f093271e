/** Expressions as they are written for lines elsewhere, as PostgreSQL's. */

/** `\b` is a backspace there, `\B` a backslash. */
const boundaries = new Map([
  ['b', '\\y'],
  ['B', '\\Y'],
])

/**
 * `\bname$` → `\yname\r?$`: in files of Windows a line ends before its `\r`.
 * `lineEnd`: what may be before the end.
 */
export function lineRegex(regex: string, lineEnd: string): string {
  let text = ''
  let bracketFrom = -1
  for (let at = 0; at < regex.length; at++) {
    const character = regex[at] as string
    const next = regex[at + 1] ?? ''
    const isInside = bracketFrom >= 0
    if (character === '\\') {
      text += (isInside ? undefined : boundaries.get(next)) ?? character + next
      at++
    } else if (isInside) {
      const end = character === '[' && /[:.=]/.test(next) ? regex.indexOf(`${next}]`, at + 2) : -1
      text += end < 0 ? character : regex.slice(at, end + 2)
      if (character === ']' && at > bracketFrom) bracketFrom = -1
      if (end >= 0) at = end + 1
    } else {
      // a first ] is one of its characters
      if (character === '[') bracketFrom = at + (next === '^' ? 2 : 1)
      text += character === '$' ? `${lineEnd}$` : character
    }
  }
  return text
}
