/** Of a push: the branch, and what became of each path over all of its commits. */

export interface Push {
  readonly branch: string
  readonly before: string
  readonly after: string
  readonly forced: boolean
  readonly deleted: boolean
  readonly added: readonly string[]
  readonly modified: readonly string[]
  readonly removed: readonly string[]
}

type Fate = 'added' | 'modified' | 'removed'

const maxPaths = 10_000
/** Of a path: longer ones are not indexed. */
const maxPath = 1_024
/** Of a branch, as its column has it. */
export const maxBranch = 250
/** Of a commit: what is longer is none. */
const maxCommit = 64
const heads = 'refs/heads/'

/** Null for tags and what is no push. */
export function readPush(payload: Record<string, unknown>): Push | null {
  const { ref, before, after, forced, deleted, commits } = payload
  if (typeof ref !== 'string' || !ref.startsWith(heads)) return null
  if (ref.length > heads.length + maxBranch) return null
  const fates = new Map<string, Fate>()
  for (const commit of Array.isArray(commits) ? commits : []) aggregate(fates, commit)
  const of = (fate: Fate): string[] =>
    [...fates].flatMap(([path, one]) => (one === fate ? [path] : []))
  return {
    branch: ref.slice(heads.length),
    before: typeof before === 'string' ? before.slice(0, maxCommit) : '',
    after: typeof after === 'string' ? after.slice(0, maxCommit) : '',
    forced: forced === true,
    deleted: deleted === true,
    added: of('added'),
    modified: of('modified'),
    removed: of('removed'),
  }
}

/** Added and modified is added, added and removed is nothing, removed and added is modified. */
function aggregate(fates: Map<string, Fate>, commit: unknown): void {
  if (typeof commit !== 'object' || commit === null) return
  const { added, modified, removed } = commit as Record<string, unknown>
  for (const path of texts(added))
    put(fates, path, fates.get(path) === 'removed' ? 'modified' : 'added')
  for (const path of texts(modified)) if (fates.get(path) !== 'added') put(fates, path, 'modified')
  for (const path of texts(removed))
    if (fates.get(path) === 'added') fates.delete(path)
    else put(fates, path, 'removed')
}

function put(fates: Map<string, Fate>, path: string, fate: Fate): void {
  if (fates.size < maxPaths || fates.has(path)) fates.set(path, fate)
}

function texts(value: unknown): string[] {
  const isPath = (item: unknown): item is string =>
    typeof item === 'string' && item.length <= maxPath
  return Array.isArray(value) ? value.filter(isPath) : []
}
