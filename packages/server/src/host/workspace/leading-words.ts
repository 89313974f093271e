/** The first words of a statement, for telling cheaply what it is. */
import { readToken } from './read-token.ts'

/** `-- note\nCREATE  index "i" on t` → `create`, `index`, `"`, `on`, `t`: words in lower case, quoted names as `"`, symbols as they are. */
export function leadingWords(text: string, count: number): string[] {
  const words: string[] = []
  for (let at = 0; at < text.length && words.length < count;) {
    const token = readToken(text, at)
    if (token.kind === 'word') words.push(token.text.toLowerCase())
    else if (token.kind === 'symbol') words.push(token.text)
    else if (token.kind === 'quoted') words.push('"')
    at += token.length
  }
  return words
}
