/** Chooses as whom something is done. The claims are shown, and can be typed over. */
import { UserRound } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { Button, Popover, SearchField, TextArea } from '#studio/ui'
import { identityOf, owner } from './use-identity.ts'
import type { Identity, UserRow } from './use-identity.ts'

const roles: readonly Identity[] = [
  owner,
  { role: 'anon', claims: { role: 'anon' }, label: 'anon' },
  {
    role: 'authenticated',
    claims: { role: 'authenticated' },
    label: 'authenticated, nobody in particular',
  },
  { role: 'service_role', claims: { role: 'service_role' }, label: 'service_role' },
]

export function IdentityPicker({
  projectRef,
  value,
  onChange,
  hasOwner = true,
}: {
  readonly projectRef: string
  readonly value: Identity
  readonly onChange: (identity: Identity) => void
  /** Whether `postgres` can be chosen. */
  readonly hasOwner?: boolean
}): ReactElement {
  const [open, setOpen] = useState(false)
  const [filter, setFilter] = useState('')
  const users = useProject<{ users: UserRow[] }>(projectRef, 'users', {
    query: { filter, per_page: 20 },
    enabled: open,
  })
  const choose = (identity: Identity): void => {
    onChange(identity)
    setOpen(false)
  }
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="small" aria-label={`As ${value.label}`}>
          <UserRound size={14} aria-hidden />
          <span className="truncate" style={{ maxWidth: 180 }}>
            as {value.label}
          </span>
        </Button>
      }
    >
      <div className="stack tight" style={{ width: 340 }}>
        <div>
          {roles
            .filter(({ role }) => hasOwner || role !== 'postgres')
            .map((identity) => (
              <button
                key={identity.label}
                type="button"
                className="side-item"
                aria-current={identity.label === value.label ? 'true' : undefined}
                onClick={() => choose(identity)}
              >
                {identity.label}
              </button>
            ))}
        </div>
        <SearchField
          label="Find a user by e-mail, phone or id"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <div style={{ maxHeight: 180, overflow: 'auto' }}>
          {users.data?.users.map((user) => {
            const identity = identityOf(user)
            return (
              <button
                key={user.id}
                type="button"
                className="side-item"
                onClick={() => choose(identity)}
              >
                <span className="truncate">{identity.label}</span>
              </button>
            )
          })}
          {users.data?.users.length === 0 && <p className="muted small">No user is found.</p>}
        </div>
        {value.role !== 'postgres' && <Claims value={value} onChange={onChange} />}
      </div>
    </Popover>
  )
}

function Claims({
  value,
  onChange,
}: {
  readonly value: Identity
  readonly onChange: (identity: Identity) => void
}): ReactElement {
  const [text, setText] = useState(() => JSON.stringify(value.claims, null, 2))
  const [shown, setShown] = useState(value)
  const [problem, setProblem] = useState<string | null>(null)
  if (shown !== value) {
    setShown(value)
    setText(JSON.stringify(value.claims, null, 2))
  }
  const read = (): void => {
    try {
      const claims: unknown = JSON.parse(text)
      if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
        throw new Error('Claims are a JSON object')
      setProblem(null)
      onChange({ ...value, claims: claims as Record<string, unknown> })
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <TextArea
      label="Claims"
      mono
      rows={6}
      value={text}
      problem={problem}
      onChange={(event) => setText(event.target.value)}
      onBlur={read}
    />
  )
}
