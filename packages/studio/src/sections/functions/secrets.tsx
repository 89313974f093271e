/** Secrets that deployed functions find in their environment: written, never read again. */
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useProject, useSession } from '#studio/api'
import {
  Button,
  ConfirmDialog,
  DataTable,
  Dialog,
  EmptyState,
  ErrorNotice,
  IconButton,
  Loading,
  Notice,
  Page,
  TextArea,
  TextField,
  ago,
  clockTime,
  toast,
} from '#studio/ui'

interface Secret {
  readonly name: string
  /** SHA-256 of its value. */
  readonly value: string
  readonly updated_at: string
}

export function Secrets({ projectRef }: { readonly projectRef: string }): ReactElement {
  const session = useSession().data
  const refused = refusal(session?.operator?.role, 'developer')
  const secrets = useProject<readonly Secret[]>(projectRef, 'secrets', {
    enabled: refused === null,
  })
  const change = useChange(projectRef, ['secrets'])
  const [isAdding, setIsAdding] = useState(false)
  const [removing, setRemoving] = useState<Secret | null>(null)
  const add = (
    <Button kind="primary" refusal={refused} onClick={() => setIsAdding(true)}>
      <Plus size={14} aria-hidden /> Set a secret
    </Button>
  )
  return (
    <Page
      title="Secrets"
      about="Variables of deployed functions. A value can be replaced, and is never shown again: what is listed is its digest."
      actions={add}
    >
      {session?.shape === 'start' && (
        <Notice>
          Functions of the folder have theirs from supabase/functions/.env and from
          [edge_runtime.secrets] of config.toml.
        </Notice>
      )}
      {refused !== null ? (
        <Notice kind="warn">{refused}.</Notice>
      ) : secrets.data === undefined ? (
        secrets.error === null ? (
          <Loading />
        ) : (
          <ErrorNotice error={secrets.error} onRetry={() => void secrets.refetch()} />
        )
      ) : secrets.data.length === 0 ? (
        <EmptyState title="No secrets yet" command="basalt secrets set NAME=value">
          A function reads one as Deno.env.get('NAME').
        </EmptyState>
      ) : (
        <DataTable<Secret>
          label="Secrets"
          rows={secrets.data}
          rowKey={({ name }) => name}
          columns={[
            { name: 'Name', cell: ({ name }) => <code>{name}</code>, sort: ({ name }) => name },
            {
              name: 'SHA-256 of the value',
              cell: ({ value }) => <code title={value}>{value.slice(0, 16)}…</code>,
            },
            {
              name: 'Set',
              cell: ({ updated_at: at }) => <span title={clockTime(at)}>{ago(at)}</span>,
              sort: ({ updated_at: at }) => at,
            },
            {
              name: 'Remove',
              width: 80,
              cell: (secret) => (
                <IconButton
                  size="small"
                  label={`Remove ${secret.name}`}
                  icon={<Trash2 size={14} />}
                  onClick={() => setRemoving(secret)}
                />
              ),
            },
          ]}
        />
      )}
      {isAdding && <SecretDialog projectRef={projectRef} onClose={() => setIsAdding(false)} />}
      <ConfirmDialog
        open={removing !== null}
        title={`Remove ${removing?.name}?`}
        action="Remove secret"
        onClose={() => setRemoving(null)}
        onConfirm={async () => {
          await change.mutateAsync({ method: 'DELETE', path: 'secrets', body: [removing?.name] })
          toast(`${removing?.name} removed`)
          setRemoving(null)
        }}
      >
        Functions that read it find nothing from their next start on. Its value cannot be brought
        back.
      </ConfirmDialog>
    </Page>
  )
}

function SecretDialog({
  projectRef,
  onClose,
}: {
  readonly projectRef: string
  readonly onClose: () => void
}): ReactElement {
  const change = useChange(projectRef, ['secrets'])
  // a secret is no draft: it goes with the dialog
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const problem = nameProblem(name)
  const submit = (): void => {
    if (problem !== null || name === '' || value === '') return
    change.mutate(
      { method: 'POST', path: 'secrets', body: [{ name, value }] },
      {
        onSuccess: () => {
          toast(`${name} is set`)
          onClose()
        },
      },
    )
  }
  return (
    <Dialog
      open
      title="Set a secret"
      dirty={value !== ''}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            disabled={problem !== null || name === '' || value === '' || change.isPending}
          >
            Set secret
          </Button>
        </>
      }
    >
      <TextField
        label="Name"
        mono
        value={name}
        problem={problem}
        help="One that is there already gets the new value."
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label="Value"
        mono
        rows={3}
        value={value}
        autoComplete="off"
        help="Sealed on the server, and never shown again."
        onChange={(event) => setValue(event.target.value)}
      />
      {change.error !== null && <ErrorNotice title="Not set" error={change.error} />}
    </Dialog>
  )
}

function nameProblem(name: string): string | null {
  if (name === '') return null
  if (name.startsWith('SUPABASE_')) return 'Names with SUPABASE_ in front are the platform’s own.'
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? null
    : 'Letters, digits and _, not beginning with a digit.'
}
