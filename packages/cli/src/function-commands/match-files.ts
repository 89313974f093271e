/** Files of a glob: `./functions/hello/*.html`, with `*`, `**` and `?`. */
import { join, posix, relative, sep } from 'node:path'
import { filesBelow } from './files-below.ts'

/** Absolute, of a pattern relative to `root`. */
export function filesMatching(root: string, pattern: string): string[] {
  const normal = posix.normalize(pattern)
  const fixed = normal.split('/').findIndex((segment) => /[*?]/.test(segment))
  const base = fixed === -1 ? posix.dirname(normal) : normal.split('/').slice(0, fixed).join('/')
  const matches = new RegExp(`^${normal.split('/').map(expressionOf).join('')}$`)
  return filesBelow(join(root, base)).filter((file) =>
    matches.test(`/${relative(root, file).split(sep).join('/')}`),
  )
}

function expressionOf(segment: string): string {
  if (segment === '**') return '(?:/[^/]+)*'
  const plain = segment.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  return `/${plain.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}`
}
