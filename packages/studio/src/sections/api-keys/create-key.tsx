/** A key for one of the project's users: shown once, when it is made. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useForget, useProject } from '#studio/api'
import { literal } from '#studio/catalog'
import {
  Button,
  Check,
  Dialog,
  ErrorNotice,
  KeyField,
  Notice,
  SearchField,
  TextField,
} from '#studio/ui'
import type { CustomerKeysState } from './keys.ts'
import { LimitFields, limitsOf, problemOf } from './limits.tsx'
import type { Limits } from './limits.tsx'
import { runSql } from './run-sql.ts'

interface User {
  readonly id: string
  readonly email?: string
  readonly phone?: string
}

const nameOf = ({ id, email, phone }: User): string => email || phone || id

export function CreateKey({
  projectRef,
  state,
  onClose,
}: {
  readonly projectRef: string
  readonly state: CustomerKeysState
  readonly onClose: () => void
}): ReactElement {
  const forget = useForget(projectRef)
  const [user, setUser] = useState<User | null>(null)
  const [name, setName] = useState('')
  const [mayWrite, setMayWrite] = useState(false)
  const [limits, setLimits] = useState<Limits>({
    rate: String(Math.min(60, state.max_rate_limit)),
    quota: String(state.max_monthly_quota),
    expires: '',
    addresses: '',
  })
  const create = useMutation({
    mutationFn: async () => {
      const permissions = literal(JSON.stringify({ read: true, write: mayWrite }))
      const rows = await runSql(
        projectRef,
        `insert into public.api_keys (user_id, name, permissions, rate_limit, monthly_quota, expires_at, allowed_ips)
values (${literal(user?.id ?? '')}, ${literal(name)}, ${permissions}, ${limitsOf(limits).join(', ')})
returning key::text`,
      )
      return rows[0]?.[0] ?? ''
    },
    onSuccess: () => forget('api-keys'),
  })
  const key = create.data
  const isReady = user !== null && name.trim() !== '' && problemOf(limits) === null
  if (key !== undefined)
    return (
      <Dialog
        open
        title={`Key ${name}`}
        onClose={onClose}
        foot={
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <Notice kind="warn">
          Copy it now: it is shown this once. Only its digest is stored, and nobody can bring it
          back.
        </Notice>
        <KeyField label="New key" value={key} />
      </Dialog>
    )
  return (
    <Dialog
      open
      title="Create key"
      onClose={onClose}
      dirty={name !== ''}
      onSubmit={() => (isReady && !create.isPending ? create.mutate() : undefined)}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={!isReady || create.isPending}>
            Create key
          </Button>
        </>
      }
    >
      <UserChoice projectRef={projectRef} value={user} onChange={setUser} />
      <TextField
        label="Name"
        value={name}
        help="What it is for, as its user reads it."
        onChange={(event) => setName(event.target.value)}
      />
      <Check
        label="May write: without it the key only reads"
        checked={mayWrite}
        onChange={(event) => setMayWrite(event.target.checked)}
      />
      <LimitFields value={limits} onChange={setLimits} />
      {create.error !== null && <ErrorNotice title="Not created" error={create.error} />}
    </Dialog>
  )
}

function UserChoice({
  projectRef,
  value,
  onChange,
}: {
  readonly projectRef: string
  readonly value: User | null
  readonly onChange: (user: User | null) => void
}): ReactElement {
  const [filter, setFilter] = useState('')
  const users = useProject<{ users: User[] }>(projectRef, 'users', {
    query: { filter, per_page: 8 },
    enabled: value === null,
  })
  if (value !== null)
    return (
      <div className="row">
        <span>
          For <strong>{nameOf(value)}</strong>
        </span>
        <Button size="small" onClick={() => onChange(null)}>
          Choose another
        </Button>
      </div>
    )
  return (
    <div className="stack tight">
      <SearchField
        label="Find its user by e-mail, phone or id"
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
      {users.error !== null && <ErrorNotice error={users.error} />}
      <ul className="key-users" aria-label="Users">
        {users.data?.users.map((user) => (
          <li key={user.id}>
            <button type="button" className="side-item" onClick={() => onChange(user)}>
              <span className="truncate">{nameOf(user)}</span>
            </button>
          </li>
        ))}
      </ul>
      {users.data?.users.length === 0 && (
        <p className="muted small">No user is found. A key belongs to one.</p>
      )}
    </div>
  )
}
