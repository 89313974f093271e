/** One user: who it is, how they sign in, where they are, and what an operator can do about it. */
import { Ban, ChevronLeft, Copy, Ellipsis, KeyRound, Link2, MailCheck, Trash2 } from 'lucide-react'
import type { ReactElement } from 'react'
import { refusal, useChange, useProject, useSession } from '#studio/api'
import type { ChangePath } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import {
  Button,
  EmptyState,
  ErrorNotice,
  Facts,
  IconButton,
  Loading,
  Menu,
  Page,
  clockTime,
  copyText,
  toast,
} from '#studio/ui'
import { BanUser, DeleteUser, LinkDialog } from './user-dialogs.tsx'
import { EditUser } from './edit-user.tsx'
import { Factors, Identities, Sessions } from './user-security.tsx'
import { StateBadge } from './user-list.tsx'
import { nameOf, stateOf } from './users.ts'
import type { User } from './users.ts'

export function UserView({ id }: { readonly id: string }): ReactElement {
  const { ref, href } = usePlace()
  const user = useProject<User>(ref, `users/${encodeURIComponent(id)}`, { keepsOld: false })
  const back = (
    <Link className="button quiet" href={href({ path: [], search: {} })}>
      <ChevronLeft size={15} aria-hidden /> All users
    </Link>
  )
  if (user.data !== undefined) return <OpenUser key={id} user={user.data} back={back} />
  return (
    <Page title="User" actions={back}>
      {user.error === null ? (
        <Loading />
      ) : (user.error as { status?: number }).status === 404 ? (
        <EmptyState title="There is no such user" action={back}>
          It was deleted, or is of another project.
        </EmptyState>
      ) : (
        <ErrorNotice error={user.error} onRetry={() => void user.refetch()} />
      )}
    </Page>
  )
}

function OpenUser({
  user,
  back,
}: {
  readonly user: User
  readonly back: ReactElement
}): ReactElement {
  const { ref, search, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const refused = refusal(role, 'developer')
  const change = useChange(ref, ['users', 'mail', 'auth'])
  const isBanned = stateOf(user) === 'banned'
  const dialog = search['do']
  const close = (): void => setSearch({ do: null })
  const mail = (path: ChangePath, what: string, body: object): void =>
    change.mutate(
      { method: 'POST', path, body: { email: user.email, ...body } },
      { onSuccess: () => toast(`${what} sent to ${user.email}`) },
    )
  const needsMail = refused !== null || !user.email
  return (
    <Page
      title={
        <span className="row wrap">
          <span className="user-name">{nameOf(user)}</span> <StateBadge user={user} />
        </span>
      }
      actions={
        <>
          {back}
          <Menu
            trigger={
              <Button>
                <Ellipsis size={15} aria-hidden /> Actions
              </Button>
            }
            entries={[
              {
                label: 'Send sign-in link',
                icon: <MailCheck size={15} aria-hidden />,
                disabled: needsMail,
                onSelect: () => mail('auth/otp', 'Sign-in link', { create_user: false }),
              },
              {
                label: 'Send recovery link',
                icon: <KeyRound size={15} aria-hidden />,
                disabled: needsMail,
                onSelect: () => mail('auth/recover', 'Recovery link', {}),
              },
              {
                label: 'Make a link',
                icon: <Link2 size={15} aria-hidden />,
                disabled: needsMail,
                onSelect: () => setSearch({ do: 'link' }),
              },
              'line',
              {
                label: isBanned ? 'Lift the ban' : 'Ban user',
                icon: <Ban size={15} aria-hidden />,
                disabled: refused !== null,
                onSelect: () => setSearch({ do: isBanned ? 'unban' : 'ban' }),
              },
              {
                label: 'Delete user',
                icon: <Trash2 size={15} aria-hidden />,
                danger: true,
                disabled: refused !== null,
                onSelect: () => setSearch({ do: 'delete' }),
              },
            ]}
          />
        </>
      }
    >
      {change.error !== null && <ErrorNotice error={change.error} title="No mail was sent" />}
      <section className="card">
        <header>
          <h2>Account</h2>
          <span className="spacer" />
          <Button size="small" refusal={refused} onClick={() => setSearch({ do: 'edit' })}>
            Edit
          </Button>
        </header>
        <div className="body">
          <Account user={user} />
        </div>
      </section>
      <Metadata user={user} onEdit={() => setSearch({ do: 'edit' })} refused={refused} />
      <Identities user={user} />
      <Factors projectRef={ref} user={user} refused={refused} />
      <Sessions projectRef={ref} user={user} refused={refused} />
      {dialog === 'edit' && <EditUser projectRef={ref} user={user} onClose={close} />}
      {dialog === 'ban' && <BanUser projectRef={ref} user={user} onClose={close} />}
      {dialog === 'unban' && <BanUser projectRef={ref} user={user} onClose={close} lifts />}
      {dialog === 'delete' && <DeleteUser projectRef={ref} user={user} onClose={close} />}
      {dialog === 'link' && <LinkDialog projectRef={ref} user={user} onClose={close} />}
    </Page>
  )
}

const moment = (at: string | null | undefined): string => (at ? clockTime(at) : 'never')

function Account({ user }: { readonly user: User }): ReactElement {
  return (
    <Facts
      facts={[
        [
          'ID',
          <span key="id" className="row">
            <code>{user.id}</code>
            <IconButton
              size="small"
              label="Copy ID"
              icon={<Copy size={13} />}
              onClick={() => copyText(user.id, 'ID')}
            />
          </span>,
        ],
        ['E-mail', user.email ? confirmed(user.email, user.email_confirmed_at) : 'none'],
        ['Phone', user.phone ? confirmed(user.phone, user.phone_confirmed_at) : 'none'],
        ['Role', user.role || 'authenticated'],
        ['Created', moment(user.created_at)],
        ['Last sign-in', moment(user.last_sign_in_at)],
        ...(user.invited_at ? [['Invited', moment(user.invited_at)] as const] : []),
        ...(user.banned_until ? [['Banned until', moment(user.banned_until)] as const] : []),
      ]}
    />
  )
}

const confirmed = (address: string, at: string | null | undefined): string =>
  at ? `${address}, confirmed ${clockTime(at)}` : `${address}, not confirmed`

function Metadata({
  user,
  refused,
  onEdit,
}: {
  readonly user: User
  readonly refused: string | null
  readonly onEdit: () => void
}): ReactElement {
  const parts = [
    ['User metadata', 'The user can change it', user.user_metadata],
    ['App metadata', 'Only the server changes it', user.app_metadata],
  ] as const
  return (
    <section className="card">
      <header>
        <h2>Metadata</h2>
        <span className="spacer" />
        <Button size="small" refusal={refused} onClick={onEdit}>
          Edit metadata
        </Button>
      </header>
      <div className="body template-columns">
        {parts.map(([name, about, value]) => (
          <div key={name} className="stack tight">
            <h3>
              {name} <span className="muted small">{about}</span>
            </h3>
            <div className="code wrap">
              <pre tabIndex={0} role="region" aria-label={name}>
                {JSON.stringify(value, null, 2)}
              </pre>
            </div>
          </div>
        ))}
      </div>
    </section>
  )
}
