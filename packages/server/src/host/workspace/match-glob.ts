/** Files that match a pattern: `*`, `?`, `[a-z]` within a name, `**` across folders. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Sorted absolute paths of files; `./seeds/*.sql` is relative to `base`. */
export function matchGlob(base: string, pattern: string): string[] {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.')
  const root = isAbsolute(pattern) ? '/' : base
  return expand(root, parts).filter((path) => statSync(path).isFile())
}

function expand(folder: string, [part, ...rest]: readonly string[]): string[] {
  if (part === undefined) return [folder]
  if (part === '**') {
    const deeper = namesIn(folder, true).flatMap((name) =>
      expand(join(folder, name), ['**', ...rest]),
    )
    return [...new Set([...expand(folder, rest), ...deeper])].toSorted()
  }
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part)
    return existsSync(path) ? expand(path, rest) : []
  }
  const matches = namesIn(folder, rest.length > 0).filter((name) => nameExpression(part).test(name))
  return matches.flatMap((name) => expand(join(folder, name), rest))
}

function namesIn(folder: string, onlyFolders: boolean): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  const entries = readdirSync(folder).toSorted()
  return onlyFolders
    ? entries.filter((name) => statSync(join(folder, name)).isDirectory())
    : entries
}

function nameExpression(part: string): RegExp {
  const source = part.replaceAll(/\*|\?|\[\^?[^\]]+\]|[^*?[]+|\[/g, (piece) => {
    if (piece === '*') return '[^/]*'
    if (piece === '?') return '[^/]'
    if (piece.length > 2 && piece.startsWith('[') && piece.endsWith(']')) return piece
    return piece.replaceAll(/[.+^${}()|\\[\]]/g, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`)
}
