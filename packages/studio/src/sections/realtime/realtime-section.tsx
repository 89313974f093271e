/** Section Realtime: who listens to what now, and a channel to listen to oneself. */
import './realtime.css'
import type { ReactElement } from 'react'
import { Link, usePlace } from '#studio/place'
import { Inspector } from './inspector.tsx'
import { Now } from './now.tsx'

const pages = [
  { name: '', label: 'Now' },
  { name: 'inspector', label: 'Inspector' },
] as const

export function RealtimeSection(): ReactElement {
  const { path, href } = usePlace()
  const open = path[0] === 'inspector' ? 'inspector' : ''
  return (
    <div className="realtime">
      <nav className="tabs realtime-tabs" aria-label="Pages of Realtime">
        {pages.map(({ name, label }) => (
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
      <div className="realtime-page">{open === 'inspector' ? <Inspector /> : <Now />}</div>
    </div>
  )
}
