/** A value that has no room in its cell: fetched whole, and edited in a dialog. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath } from '#studio/api'
import type { CellValue, GridColumn } from '#studio/data-grid'
import type { Identity } from '#studio/people'
import { Button, Dialog, ErrorNotice, Loading } from '#studio/ui'
import { actingAs } from './use-rows.ts'
import { ValueEditor } from './value-editor.tsx'

export function LargeValue({
  projectRef,
  oid,
  rowKey,
  column,
  held,
  isCut,
  identity,
  onClose,
  onCommit,
}: {
  readonly projectRef: string
  readonly oid: number
  readonly rowKey: readonly (string | null)[]
  readonly column: GridColumn
  readonly held: CellValue
  readonly isCut: boolean
  readonly identity: Identity
  readonly onClose: () => void
  readonly onCommit: (old: string | null, value: CellValue) => void
}): ReactElement {
  const whole = useQuery({
    queryKey: ['project', projectRef, `relations/${oid}/cell`, rowKey, column.name],
    queryFn: ({ signal }) =>
      call<{ value: string | null }>('POST', projectPath(projectRef, `relations/${oid}/cell`), {
        body: { key: rowKey, column: column.name, ...actingAs(identity) },
        signal,
      }),
    enabled: isCut,
    staleTime: 0,
  })
  const start: CellValue | undefined = isCut ? whole.data?.value : held
  const [typed, setTyped] = useState<CellValue | undefined>(undefined)
  const value = typed === undefined ? start : typed
  const take = (): void => {
    // a JSON value that is the same, but for its spaces, is no change
    if (typed !== undefined && typed !== start)
      onCommit(typeof start === 'object' && start !== null ? null : (start ?? null), typed)
    onClose()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      wide
      title={column.name}
      dirty={typed !== undefined && typed !== start}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={value === undefined} onClick={take}>
            Take
          </Button>
        </>
      }
    >
      {whole.error !== null && <ErrorNotice error={whole.error} />}
      {value === undefined ? (
        <Loading rows={6} />
      ) : (
        <ValueEditor column={column} value={value} onChange={setTyped} isLarge />
      )}
    </Dialog>
  )
}
