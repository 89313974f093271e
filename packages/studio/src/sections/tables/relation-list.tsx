/** The relations of a schema. However many there are, some dozens of lines are drawn. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { Eye, LockOpen, Network, Sheet, Table2 } from 'lucide-react'
import { useMemo, useRef } from 'react'
import type { ReactElement } from 'react'
import type { RelationKind, RelationSummary } from '#studio/catalog'
import { Link, usePlace } from '#studio/place'
import { Hint } from '#studio/ui'

const icons: Readonly<Record<RelationKind, typeof Table2>> = {
  table: Table2,
  partitioned: Network,
  view: Eye,
  'materialized view': Sheet,
  'foreign table': Sheet,
}

const lineHeight = 30

export function RelationList({
  relations,
  filter,
  open,
}: {
  readonly relations: readonly RelationSummary[]
  readonly filter: string
  readonly open: RelationSummary | undefined
}): ReactElement {
  const { href } = usePlace()
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
    return relations.filter(
      ({ name, partition_of }) =>
        (partition_of === null || words.length > 0) &&
        words.every((word) => name.toLowerCase().includes(word)),
    )
  }, [relations, filter])
  const lines = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 8,
  })
  return (
    <div className="side-list" ref={scroller}>
      <ul
        style={{ height: lines.getTotalSize(), position: 'relative' }}
        aria-label="Tables and views"
      >
        {lines.getVirtualItems().map(({ index, start }) => {
          const relation = shown[index]
          if (relation === undefined) return null
          const Icon = icons[relation.kind]
          return (
            <li
              key={relation.oid}
              style={{ position: 'absolute', top: start, left: 0, right: 0, height: lineHeight }}
            >
              <Link
                className="side-item"
                href={href({ path: [relation.schema, relation.name], search: {} })}
                aria-current={relation.oid === open?.oid ? 'page' : undefined}
                title={`${relation.name} (${relation.kind})`}
              >
                <Icon size={14} aria-label={relation.kind} />
                <span className="truncate">{relation.name}</span>
                <span className="spacer" />
                {relation.kind === 'table' && !relation.rls_enabled && (
                  <Hint text="Row level security is off: whoever has a grant sees every row">
                    <span className="rls-off">
                      <LockOpen size={13} aria-label="RLS is off" />
                    </span>
                  </Hint>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
      {shown.length === 0 && <p className="muted small">Nothing here is called that.</p>}
    </div>
  )
}
