/** Deletes what is selected, and puts it back when asked within 10 s; where that would be a lie, it asks first. */
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { Relation } from '#studio/catalog'
import { Button, ConfirmDialog, plural, toast } from '#studio/ui'
import type { Selected } from './rows-grid.tsx'
import { saveChanges } from './save-changes.ts'
import type { Row } from './save-changes.ts'

interface DeleteRowsProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly selected: Selected
  readonly refusal: string | null
  readonly onDone: () => void
}

const atOnce = 1000

/** What cannot be put back by inserting the rows again. */
function beyondUndo({ referenced_by, triggers }: Relation): readonly string[] {
  const far = referenced_by
    .filter(({ on_delete }) => !['no action', 'restrict'].includes(on_delete))
    .map(({ from_schema, from_table, on_delete }) => `${from_schema}.${from_table} (${on_delete})`)
  const fired = triggers
    .filter(({ enabled, definition }) => enabled && / DELETE/.test(definition))
    .map(({ name }) => `trigger ${name}`)
  return [...far, ...fired]
}

export function DeleteRows(props: DeleteRowsProps): ReactElement {
  const { relation, selected, refusal } = props
  const [asking, setAsking] = useState(false)
  const { remove, isBusy } = useRemove(props)
  const rows = plural(selected.rows.length, 'row')
  const beyond = beyondUndo(relation)
  const mustAsk = beyond.length > 0 || selected.rows.length > atOnce
  return (
    <>
      <Button
        size="small"
        kind="danger"
        disabled={isBusy}
        refusal={refusal}
        onClick={() => {
          if (mustAsk) setAsking(true)
          else
            remove().catch((error: Error) =>
              toast(`Not deleted: ${error.message}`, { kind: 'danger' }),
            )
        }}
      >
        <Trash2 size={14} aria-hidden /> Delete {rows}
      </Button>
      <ConfirmDialog
        open={asking}
        title={`Delete ${rows} of ${relation.name}?`}
        action={`Delete ${rows}`}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          await remove()
          setAsking(false)
        }}
      >
        {beyond.length > 0
          ? `It also reaches ${beyond.join(', ')}. What happens there is not undone by putting the rows back.`
          : 'So many rows are deleted in several transactions, and are not put back.'}
      </ConfirmDialog>
    </>
  )
}

function useRemove({ projectRef, relation, selected, onDone }: DeleteRowsProps) {
  const [isBusy, setIsBusy] = useState(false)
  const remove = async (): Promise<void> => {
    setIsBusy(true)
    try {
      const gone: Row[] = []
      for (let at = 0; at < selected.rows.length; at += atOnce) {
        const { deleted } = await saveChanges(projectRef, relation.oid, {
          deletes: selected.rows.slice(at, at + atOnce),
        })
        gone.push(...deleted)
      }
      selected.clear()
      onDone()
      const undo = (): void => {
        saveChanges(projectRef, relation.oid, { inserts: gone, restore: true }).then(
          () => {
            toast(`${plural(gone.length, 'row')} restored`)
            onDone()
          },
          (error: Error) => toast(`Not restored: ${error.message}`, { kind: 'danger' }),
        )
      }
      toast(`${plural(gone.length, 'row')} deleted`, gone.length <= atOnce ? { undo } : {})
    } finally {
      setIsBusy(false)
    }
  }
  return { remove, isBusy }
}
