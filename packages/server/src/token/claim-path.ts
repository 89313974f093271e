/** The claim that names the role: a path into the claims in PostgREST's spellings, `$.app.role` or `.app.role`. */
import type { Json, JsonObject } from '#kernel'

/** The value at a path, or undefined. */
export type ClaimReader = (claims: JsonObject) => Json | undefined

/** `parseClaimPath('.roles[?(@ ^== "app_")]')({ roles: ['x', 'app_7'] })` → `'app_7'`. Throws an `Error` with the position of what it cannot read. */
export function parseClaimPath(text: string): ClaimReader {
  const steps: ((value: Json | undefined) => Json | undefined)[] = []
  let rest = text.startsWith('$') ? text.slice(1) : text
  while (rest !== '') {
    const step = readStep(rest)
    if (step === null) throw new Error(`cannot be read from ${JSON.stringify(rest)} on`)
    steps.push(step.take)
    rest = rest.slice(step.length)
  }
  return (claims) => steps.reduce<Json | undefined>((value, take) => take(value), claims)
}

interface Step {
  readonly length: number
  readonly take: (value: Json | undefined) => Json | undefined
}

const name = /^\.(?:([\p{L}\p{N}_$@]+)|"([^"]*)")/u
const quotedName = /^\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/
const index = /^\[(-?\d+)\]/
const filter = /^\[\?\(?\s*@\s*(==\^|\^==|\*==|==|!=)\s*(?:"([^"]*)"|'([^']*)')\s*\)?\]/

function readStep(text: string): Step | null {
  const named = name.exec(text) ?? quotedName.exec(text)
  if (named !== null) {
    const key = named[1] ?? named[2] ?? ''
    return { length: named[0].length, take: (value) => memberOf(value, key) }
  }
  const indexed = index.exec(text)
  if (indexed !== null) {
    const at = Number(indexed[1])
    return {
      length: indexed[0].length,
      take: (value) => (isArray(value) ? value.at(at) : undefined),
    }
  }
  const filtered = filter.exec(text)
  if (filtered === null) return null
  const matches = comparisons[filtered[1] ?? '']
  const wanted = filtered[2] ?? filtered[3] ?? ''
  return {
    length: filtered[0].length,
    take: (value) =>
      isArray(value)
        ? value.find((item) => typeof item === 'string' && matches?.(item, wanted) === true)
        : undefined,
  }
}

const comparisons: Readonly<Record<string, (item: string, wanted: string) => boolean>> = {
  '==': (item, wanted) => item === wanted,
  '!=': (item, wanted) => item !== wanted,
  '^==': (item, wanted) => item.startsWith(wanted),
  '==^': (item, wanted) => item.endsWith(wanted),
  '*==': (item, wanted) => item.includes(wanted),
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || isArray(value)) return undefined
  return Object.hasOwn(value, key) ? value[key] : undefined
}
