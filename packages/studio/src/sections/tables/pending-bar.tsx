/** `3 changes · Review · Discard · Save`, and what somebody else changed in between. */
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal } from '#studio/api'
import type { Role } from '#studio/api'
import type { Relation } from '#studio/catalog'
import { isDefault } from '#studio/data-grid'
import type { CellValue } from '#studio/data-grid'
import {
  Button,
  CodeSample,
  DataTable,
  Dialog,
  ErrorNotice,
  IconButton,
  Loading,
  plural,
  toast,
} from '#studio/ui'
import { conflictsIn, previewChanges, saveChanges } from './save-changes.ts'
import type { Conflict } from './save-changes.ts'
import type { Pending } from './pending.ts'

interface PendingBarProps {
  readonly projectRef: string
  readonly relation: Relation
  readonly pending: Pending
  readonly role: Role | undefined
  readonly onSaved: () => void
}

export function PendingBar(props: PendingBarProps): ReactElement | null {
  const { pending, role } = props
  const { error, isBusy, save, setError } = useSave(props)
  const [isReviewed, setIsReviewed] = useState(false)
  const [isOpen, setIsOpen] = useState(false)
  const conflicts = conflictsIn(error)
  if (pending.count === 0 && error === null) return null
  return (
    <div className="pending-bar" role="region" aria-label="Changes that are not saved">
      <div className="row wrap">
        <strong>{plural(pending.count, 'change')}</strong>
        <IconButton
          label="Undo the last change"
          icon={<Undo2 size={15} />}
          disabled={!pending.canUndo}
          onClick={pending.undo}
        />
        <span className="spacer" />
        <Button
          onClick={() => {
            setIsReviewed(true)
            setIsOpen(true)
          }}
        >
          Review
        </Button>
        <Button
          onClick={() => {
            setError(null)
            pending.clear()
          }}
        >
          Discard
        </Button>
        <Button
          kind="primary"
          disabled={isBusy}
          refusal={refusal(role, 'developer')}
          data-save=""
          onClick={() => void save()}
        >
          Save
        </Button>
      </div>
      {error !== null && conflicts === null && <ErrorNotice error={error} title="Not saved" />}
      {conflicts !== null && (
        <Conflicts {...props} conflicts={conflicts} onDone={() => setError(null)} />
      )}
      {isReviewed && <Review {...props} open={isOpen} onClose={() => setIsOpen(false)} />}
    </div>
  )
}

function useSave({ projectRef, relation, pending, onSaved }: PendingBarProps) {
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setIsBusy] = useState(false)
  const save = async (): Promise<void> => {
    setIsBusy(true)
    setError(null)
    try {
      await saveChanges(projectRef, relation.oid, { updates: pending.rows })
      toast(`${plural(pending.rows.length, 'row')} saved`)
      pending.clear()
      onSaved()
    } catch (caught) {
      setError(caught)
    } finally {
      setIsBusy(false)
    }
  }
  return { error, isBusy, save, setError }
}

function Review({
  projectRef,
  relation,
  pending,
  open,
  onClose,
}: PendingBarProps & { readonly open: boolean; readonly onClose: () => void }): ReactElement {
  const [shown, setShown] = useState<{ count: number; statements: readonly string[] } | null>(null)
  const [error, setError] = useState<unknown>(null)
  if (open && shown?.count !== pending.count && error === null) {
    const { count } = pending
    setShown({ count, statements: [] })
    previewChanges(projectRef, relation.oid, { updates: pending.rows }).then(
      (statements) => setShown({ count, statements }),
      setError,
    )
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Statements that Save runs, in one transaction"
      wide
    >
      {error !== null && <ErrorNotice error={error} />}
      {shown === null || (shown.statements.length === 0 && error === null) ? (
        <Loading rows={3} />
      ) : (
        <CodeSample label="Statements" code={shown.statements.join('\n\n')} wrap />
      )}
    </Dialog>
  )
}

const asText = (value: CellValue | undefined): string =>
  value === null ? 'NULL' : value === undefined ? '' : isDefault(value) ? 'DEFAULT' : value

function Conflicts({
  pending,
  conflicts,
  onSaved,
  onDone,
}: PendingBarProps & {
  readonly conflicts: readonly Conflict[]
  readonly onDone: () => void
}): ReactElement {
  const rows = conflicts.flatMap(({ key, current }) => {
    const mine = pending.of(key)
    return Object.keys(mine?.new ?? {}).map((column) => ({
      key,
      column,
      yours: asText(mine?.new[column]),
      was: asText(mine?.old[column]),
      theirs: current === null ? '(the row is gone)' : asText(current[column] ?? null),
    }))
  })
  return (
    <div className="stack tight">
      <p>
        <strong>Changed by someone else.</strong> Nothing was saved. Keep theirs, or save yours over
        it.
      </p>
      <DataTable
        label="Conflicts"
        rows={rows}
        rowKey={({ key, column }) => JSON.stringify([key, column])}
        columns={[
          { name: 'Row', cell: ({ key }) => <code>{key.join(', ')}</code> },
          { name: 'Column', cell: ({ column }) => column },
          { name: 'When you began', cell: ({ was }) => was },
          { name: 'Now', cell: ({ theirs }) => theirs },
          { name: 'Yours', cell: ({ yours }) => yours },
        ]}
      />
      <div className="row">
        <Button
          onClick={() => {
            pending.clear()
            onDone()
            onSaved()
          }}
        >
          Keep theirs
        </Button>
        <Button
          onClick={() => {
            // taken up again on what is there now; Save tries once more
            pending.rebase(
              conflicts.flatMap(({ key, current }) => (current === null ? [] : [{ key, current }])),
            )
            onDone()
          }}
        >
          Put mine on top
        </Button>
      </div>
    </div>
  )
}
