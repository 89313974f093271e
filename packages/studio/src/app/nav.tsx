/** Where one can go: the rail, and on a phone the bar at the bottom. */
import { Ellipsis, Layers, PanelLeftClose, PanelLeftOpen } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { Session } from '#studio/api'
import { Link, hrefOf, usePlace } from '#studio/place'
import { Menu } from '#studio/ui'
import { sections } from './sections.ts'

const narrowKey = 'rail-narrow'

export function NavRail({ session }: { readonly session: Session }): ReactElement {
  const place = usePlace()
  const [isNarrow, setIsNarrow] = useState(
    () => (localStorage.getItem(narrowKey) ?? String(window.innerWidth < 1000)) === 'true',
  )
  const toggle = (): void => {
    localStorage.setItem(narrowKey, String(!isNarrow))
    setIsNarrow(!isNarrow)
  }
  const Toggle = isNarrow ? PanelLeftOpen : PanelLeftClose
  return (
    <nav className={isNarrow ? 'rail narrow' : 'rail'} aria-label="Sections">
      <Link href="/" className="rail-brand" aria-label="Basalt Studio">
        <img src="/icon.svg" alt="" width={22} height={22} />
        <span className="rail-text">Basalt</span>
      </Link>
      {session.shape === 'serve' && (
        <>
          <Link
            href="/projects"
            className="rail-link"
            title={isNarrow ? 'Projects' : undefined}
            aria-label="Projects"
            aria-current={place.section === 'projects' ? 'page' : undefined}
          >
            <Layers size={17} aria-hidden />
            <span className="rail-text">Projects</span>
          </Link>
          <div className="rail-line" />
        </>
      )}
      {place.ref !== '' &&
        sections.map(({ name, label, icon: Icon }) => (
          <Link
            key={name}
            href={hrefOf({ ref: place.ref, section: name })}
            className="rail-link"
            title={isNarrow ? label : undefined}
            aria-label={label}
            aria-current={place.section === name ? 'page' : undefined}
          >
            <Icon size={17} aria-hidden />
            <span className="rail-text">{label}</span>
          </Link>
        ))}
      <span className="spacer" />
      <button
        type="button"
        className="rail-link"
        aria-label={isNarrow ? 'Widen the navigation' : 'Narrow the navigation'}
        onClick={toggle}
      >
        <Toggle size={17} aria-hidden />
      </button>
    </nav>
  )
}

export function BottomBar(): ReactElement | null {
  const place = usePlace()
  if (place.ref === '') return null
  const primary = sections.filter(({ isPrimary }) => isPrimary === true)
  const rest = sections.filter(({ isPrimary }) => isPrimary !== true)
  return (
    <nav className="bottom" aria-label="Main sections">
      {primary.map(({ name, label, icon: Icon }) => (
        <Link
          key={name}
          href={hrefOf({ ref: place.ref, section: name })}
          aria-current={place.section === name ? 'page' : undefined}
        >
          <Icon size={19} aria-hidden />
          {label}
        </Link>
      ))}
      <Menu
        trigger={
          <button
            type="button"
            aria-current={rest.some(({ name }) => name === place.section) ? 'page' : undefined}
          >
            <Ellipsis size={19} aria-hidden />
            More
          </button>
        }
        entries={rest.map(({ name, label, icon: Icon }) => ({
          label,
          icon: <Icon size={16} aria-hidden />,
          onSelect: () => place.go({ section: name }),
        }))}
      />
    </nav>
  )
}
