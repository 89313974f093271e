/** The code blocks of a page of docs/, to be run by a test. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SupabaseClient } from '@supabase/supabase-js'

export interface Page {
  /** The ```sql blocks. */
  readonly schema: string
  readonly examples: readonly string[]
  /** The ```ts blocks. */
  readonly types: string
  /** The ```json blocks, parsed. */
  readonly answers: readonly unknown[]
}

/** `readPage('transactions')` */
export function readPage(name: string): Page {
  const page = readFileSync(resolve(import.meta.dirname, `../../docs/${name}.md`), 'utf8')
  const blocks = (language: string): string[] =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
      ([, code]) => code as string,
    )
  return {
    schema: blocks('sql').join('\n'),
    examples: blocks('js'),
    types: blocks('ts').join('\n'),
    answers: blocks('json').map((text) => JSON.parse(text) as unknown),
  }
}

/** Runs an example as it stands on the page; `data` and `error` are what it leaves. */
export function runExample(
  example: string | undefined,
  supabase: SupabaseClient,
): Promise<{ readonly data: unknown; readonly error?: unknown }> {
  const names = /\berror\b.*\} = await/.test(example ?? '') ? '{ data, error }' : '{ data }'
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the page's own code
  const run = new Function('supabase', `return (async () => { ${example}\nreturn ${names} })()`)
  return run(supabase) as Promise<{ data: unknown; error?: unknown }>
}
