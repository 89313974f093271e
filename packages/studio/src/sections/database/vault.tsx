/** Secrets of the vault: their names; a value only when somebody asks for it. */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useForget, useProject, useSession } from '#studio/api'
import { literal } from '#studio/catalog'
import {
  Button,
  CodeSample,
  ConfirmDialog,
  DataTable,
  Dialog,
  EmptyState,
  ErrorNotice,
  KeyField,
  Loading,
  Page,
  TextField,
  ago,
  toast,
} from '#studio/ui'
import { NeedsExtension } from './needs-extension.tsx'

interface Secret {
  readonly id: string
  readonly name: string | null
  readonly description: string
  readonly created_at: string | null
  readonly updated_at: string | null
}

interface VaultView {
  readonly available: boolean
  readonly secrets: readonly Secret[]
}

const nameOf = ({ id, name }: Secret): string => name ?? id

export function Vault({ projectRef }: { readonly projectRef: string }): ReactElement {
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'developer')
  const vault = useProject<VaultView>(projectRef, 'catalog/vault')
  const forget = useForget(projectRef)
  const [isNew, setIsNew] = useState(false)
  const [revealed, setRevealed] = useState<Secret | null>(null)
  const [deleted, setDeleted] = useState<Secret | null>(null)
  const { data, error } = vault
  return (
    <Page
      title="Vault"
      about="Secrets that SQL can use, encrypted on disk. SQL reads them in vault.decrypted_secrets."
      wide
      actions={
        data?.available === true && (
          <Button kind="primary" refusal={refused} onClick={() => setIsNew(true)}>
            <Plus size={14} aria-hidden /> Add secret
          </Button>
        )
      }
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void vault.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.available === false && (
        <NeedsExtension
          projectRef={projectRef}
          name="supabase_vault"
          title="The vault is not enabled"
        >
          Enabled, secrets are kept encrypted.
        </NeedsExtension>
      )}
      {data?.available === true && data.secrets.length === 0 && (
        <EmptyState title="No secrets yet" command="select vault.create_secret('…', 'name');">
          Add one to use it in functions and webhooks of the database.
        </EmptyState>
      )}
      {data !== undefined && data.secrets.length > 0 && (
        <DataTable
          label="Secrets"
          rows={data.secrets}
          rowKey={({ id }) => id}
          columns={[
            { name: 'Name', cell: nameOf, sort: nameOf },
            { name: 'Description', cell: ({ description }) => description },
            { name: 'Changed', cell: ({ updated_at: at }) => (at === null ? '' : ago(at)) },
            {
              name: '',
              cell: (secret) => (
                <span className="row">
                  <Button
                    size="small"
                    refusal={refusal(role, 'admin')}
                    aria-label={`Reveal ${nameOf(secret)}`}
                    onClick={() => setRevealed(secret)}
                  >
                    Reveal
                  </Button>
                  <Button
                    size="small"
                    refusal={refused}
                    aria-label={`Delete ${nameOf(secret)}`}
                    onClick={() => setDeleted(secret)}
                  >
                    Delete
                  </Button>
                </span>
              ),
            },
          ]}
        />
      )}
      {isNew && <NewSecret projectRef={projectRef} onClose={() => setIsNew(false)} />}
      {revealed !== null && (
        <Revealed projectRef={projectRef} secret={revealed} onClose={() => setRevealed(null)} />
      )}
      <ConfirmDialog
        open={deleted !== null}
        title={`Delete ${deleted === null ? '' : nameOf(deleted)}?`}
        action="Delete secret"
        onClose={() => setDeleted(null)}
        onConfirm={async () => {
          await runSql(projectRef, deleteSql(deleted))
          await forget('catalog')
          setDeleted(null)
        }}
      >
        <p>What reads it in the database finds nothing any more. This cannot be undone.</p>
        <CodeSample code={deleteSql(deleted)} label="statement" wrap />
      </ConfirmDialog>
    </Page>
  )
}

const deleteSql = (secret: Secret | null): string =>
  `delete from vault.secrets where id = ${literal(secret?.id ?? '')};`

interface Answer {
  readonly error: { readonly message: string } | null
}

async function runSql(projectRef: string, query: string): Promise<void> {
  const { error } = await call<Answer>('POST', projectPath(projectRef, 'sql/run'), {
    body: { query },
  })
  if (error !== null) throw error
}

function Revealed({
  projectRef,
  secret,
  onClose,
}: {
  readonly projectRef: string
  readonly secret: Secret
  readonly onClose: () => void
}): ReactElement {
  const [value, setValue] = useState<string | null>(null)
  const [error, setError] = useState<unknown>(null)
  const reveal = (): void => {
    call<{ value: string }>('POST', projectPath(projectRef, `catalog/vault/${secret.id}/reveal`), {
      body: {},
    }).then(({ value: revealed }) => setValue(revealed), setError)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Reveal ${nameOf(secret)}`}
      foot={
        <>
          <Button onClick={onClose}>Close</Button>
          {value === null && (
            <Button kind="primary" onClick={reveal}>
              Reveal
            </Button>
          )}
        </>
      }
    >
      {value === null ? (
        <p>That it was revealed, and by whom, stands in the audit log.</p>
      ) : (
        <KeyField label={nameOf(secret)} value={value} secret />
      )}
      {error !== null && <ErrorNotice error={error} />}
    </Dialog>
  )
}

/** No SQL dialog: the secret would stand in a migration. */
function NewSecret({
  projectRef,
  onClose,
}: {
  readonly projectRef: string
  readonly onClose: () => void
}): ReactElement {
  const forget = useForget(projectRef)
  const [draft, setDraft] = useState({ name: '', description: '', value: '' })
  const [error, setError] = useState<unknown>(null)
  const set = (name: keyof typeof draft) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [name]: event.target.value })
  const { name, description, value } = draft
  const sqlOf = (secret: string): string =>
    `select vault.create_secret(${secret}, ${literal(name)}, ${literal(description)});`
  const save = async (): Promise<void> => {
    setError(null)
    try {
      await runSql(projectRef, sqlOf(literal(value)))
      await forget('catalog')
      toast(`${name} is kept`)
      onClose()
    } catch (caught) {
      setError(caught)
    }
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Add secret"
      onSubmit={() => void save()}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={name === '' || value === ''}>
            Add secret
          </Button>
        </>
      }
    >
      <TextField label="Name" required mono value={name} onChange={set('name')} />
      <TextField label="Description" value={description} onChange={set('description')} />
      <TextField
        label="Secret"
        type="password"
        required
        mono
        value={value}
        onChange={set('value')}
      />
      <CodeSample code={sqlOf("'…'")} label="statement" wrap />
      {error !== null && <ErrorNotice title="Not kept" error={error} />}
    </Dialog>
  )
}
