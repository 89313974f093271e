/**
 * Patterns of `auth.additional_redirect_urls`, as gobwas/glob reads them with the separators `.` and `/` (supabase/auth
 * internal/conf): `*` a run without separators, `**` any run, `?` one character that is no separator, `[abc]` `[a-z]` `[!a-c]`
 * one character, `{a,b*}` one of several patterns, `\` takes what follows as it is.
 * Matched as a set of states, character by character: time grows with both lengths and no faster, whatever the pattern.
 */

/** Goes on at both places without a character. */
interface Split {
  readonly kind: 'split'
  next: number
  other: number
}

type Step =
  | Split
  | { readonly kind: 'one'; readonly fits: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'end' }

const nowhere = -1
const isNoSeparator = (character: string): boolean => character !== '.' && character !== '/'
const isAny = (): boolean => true

/** A pattern that cannot be read; it matches nothing. */
export class UnreadablePattern extends Error {
  override readonly name = 'UnreadablePattern'
}

/** `compilePattern('https://*.example.com/**')('https://a.example.com/b/c')` → `true` @throws UnreadablePattern */
export function compilePattern(pattern: string): (text: string) => boolean {
  const steps = new PatternReader(pattern).read()
  return (text) => matches(steps, text)
}

class PatternReader {
  readonly #steps: Step[] = []
  readonly #pattern: string
  readonly #characters: readonly string[]
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#characters = Array.from(pattern)
  }

  read(): readonly Step[] {
    this.#readSequence(false)
    this.#steps.push({ kind: 'end' })
    return this.#steps
  }

  #readSequence(isInBraces: boolean): void {
    while (this.#at < this.#characters.length) {
      const character = this.#characters[this.#at] as string
      if (isInBraces && (character === ',' || character === '}')) return
      this.#at++
      if (character === '*') this.#readStar()
      else if (character === '?') this.#addOne(isNoSeparator)
      else if (character === '[') this.#addOne(this.#readSet())
      else if (character === '{') this.#readAlternatives()
      else this.#addLiteral(character)
    }
  }

  #readStar(): void {
    const isAnything = this.#characters[this.#at] === '*'
    if (isAnything) this.#at++
    const start = this.#steps.length
    this.#steps.push(
      { kind: 'split', next: start + 1, other: start + 2 },
      { kind: 'one', fits: isAnything ? isAny : isNoSeparator, next: start },
    )
  }

  #addOne(fits: (character: string) => boolean): void {
    this.#steps.push({ kind: 'one', fits, next: this.#steps.length + 1 })
  }

  /** A backslash at the end stands for nothing. */
  #addLiteral(character: string): void {
    const literal = character === '\\' ? this.#characters[this.#at++] : character
    if (literal !== undefined) this.#addOne((found) => found === literal)
  }

  /** Each pattern behind a fork that leads to the next one; what is not closed ends with the whole. */
  #readAlternatives(): void {
    const steps = this.#steps
    const ends: Split[] = []
    do {
      const fork: Split = { kind: 'split', next: steps.length + 1, other: nowhere }
      steps.push(fork)
      this.#readSequence(true)
      const end: Split = { kind: 'split', next: nowhere, other: nowhere }
      ends.push(end)
      steps.push(end)
      const isLast = this.#characters[this.#at] !== ','
      if (!isLast) fork.other = steps.length
    } while (this.#characters[this.#at++] === ',')
    for (const end of ends) end.next = steps.length
  }

  /** Separators are characters like others here. */
  #readSet(): (character: string) => boolean {
    const isNot = this.#characters[this.#at] === '!'
    if (isNot) this.#at++
    const has = this.#characters[this.#at + 1] === '-' ? this.#readRange() : this.#readMembers()
    return (character) => has(character) !== isNot
  }

  #readRange(): (character: string) => boolean {
    const [low, , high, close] = this.#characters.slice(this.#at, this.#at + 4)
    this.#at += 4
    if (close !== ']') throw this.#unreadable()
    const [from, to] = [codeOf(low as string), codeOf(high as string)]
    if (to < from) throw this.#unreadable()
    return (character) => codeOf(character) >= from && codeOf(character) <= to
  }

  #readMembers(): (character: string) => boolean {
    const members = new Set<string>()
    while (this.#characters[this.#at] !== ']') {
      if (this.#characters[this.#at] === '\\') this.#at++
      const member = this.#characters[this.#at++]
      if (member === undefined) throw this.#unreadable()
      members.add(member)
    }
    this.#at++
    if (members.size === 0) throw this.#unreadable()
    return (character) => members.has(character)
  }

  #unreadable(): UnreadablePattern {
    const what = 'has a set of characters that is empty, runs backwards or is not closed'
    return new UnreadablePattern(`${this.#pattern} ${what}`)
  }
}

const codeOf = (character: string): number => character.codePointAt(0) as number

function matches(steps: readonly Step[], text: string): boolean {
  let current = follow(steps, [0])
  for (const character of text) {
    const reached: number[] = []
    for (const index of current) {
      const step = steps[index] as Step
      if (step.kind === 'one' && step.fits(character)) reached.push(step.next)
    }
    if (reached.length === 0) return false
    current = follow(steps, reached)
  }
  return [...current].some((index) => steps[index]?.kind === 'end')
}

/** All places that are reached without a character. */
function follow(steps: readonly Step[], from: readonly number[]): Set<number> {
  const reached = new Set<number>()
  const open = [...from]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (index === nowhere || reached.has(index)) continue
    reached.add(index)
    const step = steps[index]
    if (step?.kind === 'split') open.push(step.next, step.other)
  }
  return reached
}
