/** How a user signs in, with what else, and where they are signed in. */
import { LogOut, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { useChange, useProject } from '#studio/api'
import {
  Button,
  ConfirmDialog,
  DataTable,
  ErrorNotice,
  IconButton,
  Loading,
  toast,
} from '#studio/ui'
import { Time } from './user-list.tsx'
import type { Identity, User } from './users.ts'

interface PartProps {
  readonly projectRef: string
  readonly user: User
  readonly refused: string | null
}

function Card({
  title,
  actions,
  children,
}: {
  readonly title: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}): ReactElement {
  return (
    <section className="card">
      <header>
        <h2>{title}</h2>
        <span className="spacer" />
        {actions}
      </header>
      <div className="body">{children}</div>
    </section>
  )
}

export function Identities({ user }: { readonly user: User }): ReactElement {
  const identities = user.identities ?? []
  return (
    <Card title="Identities">
      {identities.length === 0 ? (
        <p className="muted">None: an account that was made without an address.</p>
      ) : (
        <DataTable
          label="Identities"
          rows={identities}
          rowKey={({ identity_id: key, id, provider }) => key ?? `${provider}:${id}`}
          columns={[
            { name: 'Provider', cell: ({ provider }) => provider },
            { name: 'There', cell: nameThere },
            { name: 'Linked', cell: ({ created_at: at }) => <Time at={at} /> },
            { name: 'Last sign-in', cell: ({ last_sign_in_at: at }) => <Time at={at} /> },
          ]}
        />
      )}
    </Card>
  )
}

function nameThere({ identity_data: data = {}, id }: Identity): string {
  const name = data['email'] ?? data['phone'] ?? data['user_name'] ?? data['sub']
  return typeof name === 'string' && name !== '' ? name : id
}

interface Factor {
  readonly id: string
  readonly friendly_name?: string | null
  readonly factor_type: string
  readonly status: string
  readonly created_at: string
}

export function Factors({ projectRef, user, refused }: PartProps): ReactElement {
  const path = `users/${user.id}/factors` as const
  const factors = useProject<readonly Factor[]>(projectRef, path)
  const [removed, setRemoved] = useState<Factor | null>(null)
  const remove = useChange(projectRef, ['users'])
  return (
    <Card title="Second factors">
      {factors.error !== null && (
        <ErrorNotice error={factors.error} onRetry={() => void factors.refetch()} />
      )}
      {factors.data === undefined && factors.error === null && <Loading rows={1} />}
      {factors.data?.length === 0 && <p className="muted">None: a password or a link is enough.</p>}
      {factors.data !== undefined && factors.data.length > 0 && (
        <DataTable
          label="Second factors"
          rows={factors.data}
          rowKey={({ id }) => id}
          columns={[
            { name: 'Name', cell: ({ friendly_name: name }) => name || 'without a name' },
            { name: 'Kind', cell: ({ factor_type: kind }) => kind },
            { name: 'State', cell: ({ status }) => status },
            { name: 'Added', cell: ({ created_at: at }) => <Time at={at} /> },
            {
              name: '',
              align: 'number',
              cell: (factor) => (
                <IconButton
                  size="small"
                  label={`Remove factor ${factor.friendly_name || factor.factor_type}`}
                  icon={<Trash2 size={14} />}
                  refusal={refused}
                  onClick={() => setRemoved(factor)}
                />
              ),
            },
          ]}
        />
      )}
      <ConfirmDialog
        open={removed !== null}
        title="Remove the second factor?"
        action="Remove factor"
        onClose={() => setRemoved(null)}
        onConfirm={async () => {
          await remove.mutateAsync({ method: 'DELETE', path: `${path}/${removed?.id ?? ''}` })
          setRemoved(null)
          toast('The factor is removed')
        }}
      >
        They can sign in without it from now on, and can add another one.
      </ConfirmDialog>
    </Card>
  )
}

interface SessionRow {
  readonly id: string
  readonly created_at: string | null
  readonly refreshed_at: string | null
  readonly aal: string | null
  readonly user_agent: string | null
  readonly ip: string | null
}

/** `refreshed_at` has no zone: it is UTC. */
const utc = (at: string | null): string | null => (at === null ? null : `${at}Z`)

export function Sessions({ projectRef, user, refused }: PartProps): ReactElement {
  const path = `users/${user.id}/sessions` as const
  const sessions = useProject<readonly SessionRow[]>(projectRef, path, {
    enabled: refused === null,
  })
  const end = useChange(projectRef, ['users'])
  const signOut = (session: SessionRow | null): void =>
    end.mutate(
      { method: 'DELETE', path: session === null ? path : `${path}/${session.id}` },
      { onSuccess: () => toast(session === null ? 'Signed out everywhere' : 'Session ended') },
    )
  const listed = sessions.data ?? []
  return (
    <Card
      title="Sessions"
      actions={
        listed.length > 0 && (
          <Button size="small" refusal={refused} onClick={() => signOut(null)}>
            <LogOut size={14} aria-hidden /> Sign out everywhere
          </Button>
        )
      }
    >
      {refused !== null && <p className="muted">{refused} to see where they are signed in.</p>}
      {(sessions.error ?? end.error) !== null && (
        <ErrorNotice error={sessions.error ?? end.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.isPending && refused === null && sessions.error === null && <Loading rows={2} />}
      {sessions.data?.length === 0 && <p className="muted">Not signed in anywhere.</p>}
      {listed.length > 0 && (
        <DataTable
          label="Sessions"
          rows={listed}
          rowKey={({ id }) => id}
          columns={[
            { name: 'Since', cell: ({ created_at: at }) => <Time at={at} /> },
            { name: 'Refreshed', cell: ({ refreshed_at: at }) => <Time at={utc(at)} /> },
            { name: 'From', cell: ({ ip }) => ip ?? 'unknown' },
            {
              name: 'With',
              cell: ({ user_agent: agent }) => (
                <span title={agent ?? undefined}>{(agent ?? 'unknown').slice(0, 80)}</span>
              ),
            },
            { name: 'Level', cell: ({ aal }) => aal ?? '' },
            {
              name: '',
              align: 'number',
              cell: (session) => (
                <Button size="small" refusal={refused} onClick={() => signOut(session)}>
                  End session
                </Button>
              ),
            },
          ]}
        />
      )}
    </Card>
  )
}
