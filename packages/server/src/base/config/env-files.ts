/** `.env` files: their order, and what is in them. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Variables of all `.env` files from `supabase/` up to `workdir`. The first definition wins:
 * in each folder `.env.<E>.local`, `.env.local` (not for tests), `.env.<E>`, `.env`.
 */
export function readEnvFiles(supabaseDir: string, workdir: string, environment: string): Variables {
  const names = [
    `.env.${environment}.local`,
    ...(environment === 'test' ? [] : ['.env.local']),
    `.env.${environment}`,
    '.env',
  ]
  let variables: Variables = {}
  for (const folder of foldersUpTo(supabaseDir, workdir)) {
    for (const name of names) variables = { ...readEnvFile(join(folder, name)), ...variables }
  }
  return variables
}

function foldersUpTo(from: string, top: string): string[] {
  const folders: string[] = []
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    folders.push(folder)
    const above = relative(resolve(top), folder)
    if (above === '' || above.startsWith('..') || folder === dirname(folder)) return folders
  }
}

function readEnvFile(path: string): Variables {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return {}
    throw error
  }
}

const assignment =
  /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*[=:][ \t]*(?:"((?:[^"\\]|\\[^])*)"|'([^']*)'|`([^`]*)`|([^\n#]*?))[ \t]*(?:#[^\n]*)?$/gm

/** `A=1 # note`, `export B="two\nlines"`, `C='as it is'` → `{ A: '1', B: 'two⏎lines', C: 'as it is' }` */
export function parseEnv(content: string): Variables {
  const variables: Record<string, string> = {}
  for (const [, name, double, single, tick, bare] of content
    .replaceAll('\r\n', '\n')
    .matchAll(assignment)) {
    if (name === undefined) continue
    variables[name] = double === undefined ? (single ?? tick ?? bare ?? '') : unescape(double)
  }
  return variables
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

function unescape(quoted: string): string {
  return quoted.replaceAll(/\\([^])/g, (_, character: string) => escapes[character] ?? character)
}
