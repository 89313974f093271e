/** All shortcuts. */
import type { ReactElement } from 'react'
import { Sheet } from '#studio/ui'
import { isMac } from './keys.ts'
import { sections } from './sections.ts'

const mod = isMac ? '⌘' : 'Ctrl'

const rows: readonly (readonly [string, string])[] = [
  [`${mod} K`, 'Find tables, users, settings, actions'],
  ['?', 'This list'],
  ['/', 'Search in the section'],
  ...sections.map(({ chord, label }) => [`G ${chord.toUpperCase()}`, label] as const),
  ['Arrows', 'Grid: move between cells'],
  [`${mod} Arrows`, 'Grid: to the edge'],
  ['Enter', 'Grid: edit the cell'],
  ['Space', 'Grid: open the row; a boolean cell changes'],
  ['Shift Space', 'Grid: select the row'],
  ['Delete', 'Grid: make the cell NULL'],
  [`${mod} S`, 'Save what is changed'],
  [`${mod} Enter`, 'SQL: run, or the selection'],
  [`${mod} Shift Enter`, 'SQL: explain'],
]

export function HelpSheet({
  open,
  onClose,
}: {
  readonly open: boolean
  readonly onClose: () => void
}): ReactElement {
  return (
    <Sheet open={open} onClose={onClose} title="Shortcuts">
      <dl className="facts">
        {rows.map(([keys, what]) => (
          <div key={keys} style={{ display: 'contents' }}>
            <dt>
              <span className="kbd">{keys}</span>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  )
}
