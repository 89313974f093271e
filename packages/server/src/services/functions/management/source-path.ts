/** Paths of uploaded files: what the Supabase CLI calls them, and where they go below `source/`. */
import { managementErrors } from './errors.ts'

const maxPathBytes = 1_024
const maxSegmentBytes = 255
const maxSegments = 32
/** Control characters, and what is no letter of a name on every file system. */
// oxlint-disable-next-line no-control-regex
const unfit = /[\u0000-\u001f\u007f\\:*?"<>|\ufffd]/

/** `./supabase/functions/a//b.ts` → `supabase/functions/a/b.ts`. @throws function_path_invalid */
export function normalizePath(path: string): string {
  const invalid = () => managementErrors.function_path_invalid({ path })
  if (unfit.test(path) || path.startsWith('/') || Buffer.byteLength(path) > maxPathBytes)
    throw invalid()
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') segments.push(segment)
    else if (segments.pop() === undefined) throw invalid()
  }
  const tooLong = segments.some((segment) => Buffer.byteLength(segment) > maxSegmentBytes)
  if (segments.length === 0 || segments.length > maxSegments || tooLong) throw invalid()
  return segments.join('/')
}

const bases = ['supabase/functions/', 'supabase/', ''] as const

/** The longest beginning that all paths have: what is imported from elsewhere in the project keeps its place beside them. */
export function baseOf(paths: readonly string[]): string {
  return bases.find((base) => paths.every((path) => path.startsWith(base))) ?? ''
}
