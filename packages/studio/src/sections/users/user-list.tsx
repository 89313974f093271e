/** Users by page, found by a part of what they are called. */
import { ChevronLeft, ChevronRight, MailPlus, UserPlus } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  DataTable,
  EmptyState,
  ErrorNotice,
  IconButton,
  Loading,
  Page,
  SearchField,
  ago,
  clockTime,
  copyText,
  count,
  plural,
} from '#studio/ui'
import type { Column } from '#studio/ui'
import { CreateUser, InviteUser } from './new-user.tsx'
import { nameOf, pageSize, stateOf, useUsers } from './users.ts'
import type { User, UserState } from './users.ts'

const kinds: Readonly<Record<UserState, 'ok' | 'warn' | 'danger' | 'info' | 'plain'>> = {
  active: 'ok',
  anonymous: 'plain',
  invited: 'info',
  unconfirmed: 'warn',
  banned: 'danger',
  deleted: 'plain',
}

export const StateBadge = ({ user }: { readonly user: User }): ReactElement => {
  const state = stateOf(user)
  return <Badge kind={kinds[state]}>{state}</Badge>
}

export function Time({ at }: { readonly at: string | null | undefined }): ReactElement {
  if (!at) return <span className="muted">never</span>
  return (
    <span className="users-time" title={clockTime(at)}>
      {ago(at)}
    </span>
  )
}

const signUpCode = `const { data, error } = await supabase.auth.signUp({
  email: 'ann@example.com',
  password: 'a long password',
})`

export function UserList(): ReactElement {
  const { ref, search, setSearch, go, href } = usePlace()
  const filter = search['filter'] ?? ''
  const page = Math.max(1, Number(search['page'] ?? 1) || 1)
  // typing is not held up by what is drawn
  const [typed, setTyped] = useState(filter)
  const [isOf, setIsOf] = useState(filter)
  if (isOf !== filter) {
    setIsOf(filter)
    setTyped(filter)
  }
  const asked = useDeferredValue(filter)
  const users = useUsers(ref, asked.trim(), page)
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'developer')
  const dialog = search['new']
  const close = (): void => setSearch({ new: null })
  const columns: readonly Column<User>[] = [
    {
      name: 'User',
      cell: (user) => (
        <Link href={href({ path: [user.id], search: {} })} className="user-name">
          {nameOf(user)}
        </Link>
      ),
    },
    { name: 'State', cell: (user) => <StateBadge user={user} /> },
    { name: 'Signs in by', cell: (user) => providersOf(user).join(', ') || '–' },
    { name: 'Created', cell: ({ created_at: at }) => <Time at={at} /> },
    { name: 'Last sign-in', cell: ({ last_sign_in_at: at }) => <Time at={at} /> },
    { name: 'ID', cell: ({ id }) => <code title={id}>{id.slice(0, 8)}…</code> },
  ]
  const total = users.data?.total ?? 0
  const buttons = (
    <>
      <Button refusal={refused} onClick={() => setSearch({ new: 'invite' })}>
        <MailPlus size={15} aria-hidden /> Invite
      </Button>
      <Button kind="primary" refusal={refused} onClick={() => setSearch({ new: 'user' })}>
        <UserPlus size={15} aria-hidden /> Create user
      </Button>
    </>
  )
  return (
    <Page
      title="Users"
      about={users.data === undefined ? undefined : found(total, asked)}
      actions={buttons}
    >
      <SearchField
        label="Search by e-mail, name, phone or id"
        value={typed}
        onChange={({ target: { value } }) => {
          setTyped(value)
          setIsOf(value)
          setSearch({ filter: value === '' ? null : value, page: null }, { replace: true })
        }}
      />
      {users.error !== null && (
        <ErrorNotice error={users.error} onRetry={() => void users.refetch()} />
      )}
      {users.data === undefined && users.error === null && <Loading rows={10} />}
      {users.data !== undefined && users.data.users.length === 0 && (
        <Nobody
          filter={asked}
          onCreate={() => setSearch({ new: 'user' })}
          refused={refused}
          onAll={() => setSearch({ filter: null, page: null })}
        />
      )}
      {users.data !== undefined && users.data.users.length > 0 && (
        <>
          <DataTable
            label="Users"
            columns={columns}
            rows={users.data.users}
            rowKey={({ id }) => id}
            onOpen={({ id }) => go({ path: [id], search: {} })}
          />
          <Pages
            page={page}
            total={total}
            onPage={(next) => setSearch({ page: next === 1 ? null : String(next) })}
          />
        </>
      )}
      {dialog === 'user' && <CreateUser projectRef={ref} onClose={close} />}
      {dialog === 'invite' && <InviteUser projectRef={ref} onClose={close} />}
    </Page>
  )
}

const found = (total: number, filter: string): string =>
  filter === '' ? plural(total, 'user') : `${plural(total, 'user')} found`

export function providersOf(user: User): string[] {
  const named = user.app_metadata['providers']
  return Array.isArray(named) ? named.map(String) : []
}

function Nobody({
  filter,
  refused,
  onCreate,
  onAll,
}: {
  readonly filter: string
  readonly refused: string | null
  readonly onCreate: () => void
  readonly onAll: () => void
}): ReactElement {
  if (filter !== '')
    return (
      <EmptyState title="Nobody is found" action={<Button onClick={onAll}>Show all users</Button>}>
        No e-mail, name or phone holds “{filter}”, and it is nobody’s id.
      </EmptyState>
    )
  return (
    <EmptyState
      title="No users yet"
      action={
        <span className="row wrap">
          <Button kind="primary" refusal={refused} onClick={onCreate}>
            Create user
          </Button>
          <Button onClick={() => copyText(signUpCode, 'Sign-up code')}>Copy sign-up code</Button>
        </span>
      }
    >
      They appear here after the first sign-up.
    </EmptyState>
  )
}

export function Pages({
  page,
  total,
  size = pageSize,
  onPage,
}: {
  readonly page: number
  readonly total: number
  readonly size?: number
  readonly onPage: (page: number) => void
}): ReactElement | null {
  const last = Math.max(1, Math.ceil(total / size))
  if (last === 1 && page === 1) return null
  return (
    <div className="row pages">
      <span className="muted">
        {count((page - 1) * size + 1)}–{count(Math.min(total, page * size))} of {count(total)}
      </span>
      <IconButton
        label="Previous page"
        icon={<ChevronLeft size={16} />}
        disabled={page <= 1}
        onClick={() => onPage(page - 1)}
      />
      <IconButton
        label="Next page"
        icon={<ChevronRight size={16} />}
        disabled={page >= last}
        onClick={() => onPage(page + 1)}
      />
    </div>
  )
}
