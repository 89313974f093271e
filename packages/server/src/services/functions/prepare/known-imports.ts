/** Imports that are not taken as they are written: types only, what Deno 2 has no more, and what is not to be had offline. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const moduleFile = /\.(?:[cm]?[jt]s|[jt]sx)$/
const specifier =
  /(?:\bfrom|\bimport)\s*\(?\s*(['"])((?:jsr:|https?:\/\/|@supabase\/functions-js)[^'"\s]*)\1/g

/** All imports of other places in the sources below a folder, and those of the runtime's types by any name. */
export function foreignImports(folder: string): Set<string> {
  const found = new Set<string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !moduleFile.test(entry.name)) continue
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
    for (const [, , name] of text.matchAll(specifier)) if (name !== undefined) found.add(name)
  }
  return found
}

export const shims: Readonly<Record<string, string>> = {
  'empty.ts': 'export {}\n',
  // of std before 0.224: its server listens in ways that Deno 2 has no more
  'http-server.ts': `export function serve(handler, options = {}) {
  return Deno.serve(options, handler)
}
`,
}

/** Imports that only bring types, or have another form here; null for all others. */
export function shimOf(name: string): string | null {
  if (
    /^(?:jsr:|npm:|https:\/\/esm\.sh\/|https:\/\/jsr\.io\/)?@supabase\/functions-js(?:@[^/]*)?\/(?:src\/)?edge-runtime\.d\.ts$/.test(
      name,
    )
  )
    return 'empty.ts'
  if (/^https:\/\/deno\.land\/std(?:@[\w.-]+)?\/http\/(?:server|mod)\.ts$/.test(name))
    return 'http-server.ts'
  return null
}

/** Of jsr packages that are on npm too, under this name. */
const onNpm: Readonly<Record<string, string>> = {
  '@supabase/supabase-js': '@supabase/supabase-js',
  '@supabase/functions-js': '@supabase/functions-js',
  '@hono/hono': 'hono',
  '@zod/zod': 'zod',
  '@openai/openai': 'openai',
}

/** The same package of npm, where the place it is written to come from cannot be reached. */
export function npmOf(name: string): string | null {
  const jsr = /^jsr:\/?(@[\w.-]+\/[\w.-]+)(@[^/]+)?(\/.+)?$/.exec(name)
  if (jsr !== null) {
    const known = onNpm[jsr[1] ?? '']
    return known === undefined ? null : `npm:${known}${jsr[2] ?? ''}${jsr[3] ?? ''}`
  }
  const zod = /^https:\/\/deno\.land\/x\/zod(@v?([\w.-]+))?\/mod\.ts$/.exec(name)
  if (zod !== null) return `npm:zod${zod[2] === undefined ? '' : `@${zod[2]}`}`
  const cdn =
    /^https:\/\/(?:esm\.sh\/(?:v\d+\/|stable\/)?|cdn\.skypack\.dev\/|unpkg\.com\/|cdn\.jsdelivr\.net\/npm\/)((?:@[\w.-]+\/)?[\w.-]+)(@[\w.^~-]+)?((?:\/[\w./-]+)?)(?:\?.*)?$/.exec(
      name,
    )
  if (cdn === null) return null
  const path = (cdn[3] ?? '').replace(/\/\+esm$/, '')
  return `npm:${cdn[1]}${cdn[2] ?? ''}${path}`
}
