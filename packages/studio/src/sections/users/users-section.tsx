/** Section Users: who they are, how they sign in, what they are mailed, what they did. */
import './users.css'
import type { ReactElement, ReactNode } from 'react'
import { Link, usePlace } from '#studio/place'
import { useSession } from '#studio/api'
import { AuditLog } from './audit-log.tsx'
import { CaughtMail } from './caught-mail.tsx'
import { Providers } from './providers.tsx'
import { Templates } from './templates.tsx'
import { UserList } from './user-list.tsx'
import { UserView } from './user-view.tsx'

const pages = [
  { name: '', label: 'Users' },
  { name: 'providers', label: 'Providers' },
  { name: 'templates', label: 'E-mail templates' },
  { name: 'mail', label: 'Caught mail' },
  { name: 'audit', label: 'Audit log' },
] as const

export function UsersSection(): ReactElement {
  const { path, href } = usePlace()
  const session = useSession()
  const [first = ''] = path
  const open = pages.some(({ name }) => name === first) ? first : ''
  const shown = pages.filter(({ name }) => name !== 'mail' || session.data?.shape !== 'serve')
  return (
    <div className="users">
      <nav className="tabs users-tabs" aria-label="Pages of Users">
        {shown.map(({ name, label }) => (
          <Link
            key={name}
            className="tab"
            href={href({ path: name === '' ? [] : [name], search: {} })}
            aria-current={name === open ? 'page' : undefined}
          >
            {label}
          </Link>
        ))}
      </nav>
      <div className="users-page">{pageOf(first)}</div>
    </div>
  )
}

function pageOf(first: string): ReactNode {
  switch (first) {
    case '':
      return <UserList />
    case 'providers':
      return <Providers />
    case 'templates':
      return <Templates />
    case 'mail':
      return <CaughtMail />
    case 'audit':
      return <AuditLog />
    default:
      return <UserView id={first} />
  }
}
