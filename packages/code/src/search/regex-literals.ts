/** What every line that a regular expression matches must hold: texts that an index finds faster than the expression. */

/** Escapes that stand for no text of their own: classes, and places between characters. */
const placeholders = new Set('dswDSWmMyYAZ')

/**
 * Its texts in their order, of PostgreSQL's advanced regular expressions: `async function \w+Stream` → `async function `,
 * `Stream`. None where any doubt is left: alternatives, options, codes of characters.
 */
export function literalsOf(regex: string): readonly string[] {
  const characters = Array.from(regex)
  const texts: string[][] = [[]]
  const cut = (): void => void texts.push([])
  let depth = 0
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string
    const next = characters[at + 1] ?? ''
    if (character === '\\') {
      if (next === '' || (/\w/.test(next) && !placeholders.has(next))) return []
      if (placeholders.has(next)) cut()
      else if (depth === 0) texts.at(-1)?.push(next)
      at++
    } else if (character === '[') {
      at = endOfBracket(characters, at)
      if (at < 0) return []
      cut()
    } else if (character === '(') {
      if (next === '?' && characters[at + 2] === '#') return []
      depth++
      cut()
    } else if (character === ')') {
      if (depth-- === 0) return []
    } else if (depth > 0) continue
    else if (character === '|') return []
    else if (isQuantifier(character, next)) {
      // what it follows may be there no time, or many times
      if (character !== '+') texts.at(-1)?.pop()
      if (character === '{') at = characters.indexOf('}', at)
      if (at < 0) return []
      if (characters[at + 1] === '?') at++
      cut()
    } else if (/[.^$]/.test(character)) cut()
    else texts.at(-1)?.push(character)
  }
  return depth > 0 ? [] : texts.map((text) => text.join('')).filter((text) => text !== '')
}

function isQuantifier(character: string, next: string): boolean {
  return /[*+?]/.test(character) || (character === '{' && /\d/.test(next))
}

/** Where `[…]` ends; -1 where it does not, or has classes in it. */
function endOfBracket(characters: readonly string[], start: number): number {
  let at = characters[start + 1] === '^' ? start + 2 : start + 1
  for (const first = at; at < characters.length; at++) {
    if (characters[at] === '[') return -1
    if (characters[at] === '\\') at++
    else if (characters[at] === ']' && at > first) return at
  }
  return -1
}
