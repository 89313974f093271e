/** What was done with the one project, while its process lives: the newest thousand. */
import type { ControlParts } from '#host/control-plane/route'
import type { AuditEntry } from '#host/control-plane/store'
import type { Clock } from '#base/kernel'

const maxEntries = 1_000

export function createOwnAudit(clock: Clock): ControlParts['audit'] {
  const entries: AuditEntry[] = []
  let id = 0
  return {
    list: ({ refs, before = Number.MAX_SAFE_INTEGER, limit = 100 }) =>
      Promise.resolve(
        entries
          .filter((entry) => entry.id < before && isOf(entry, refs))
          .toReversed()
          .slice(0, Math.min(limit, maxEntries)),
      ),
    write: async ({ name, address }, action, ref, detail) => {
      const at = new Date(clock.now()).toISOString()
      entries.push({ id: ++id, at, actor: name, address, action, ref, detail })
      if (entries.length > maxEntries) entries.shift()
    },
  }
}

function isOf({ ref }: AuditEntry, refs: readonly string[] | null): boolean {
  return refs === null || (ref !== null && refs.includes(ref))
}
