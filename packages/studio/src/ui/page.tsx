/** The frames of pages: a heading with its actions; a list beside what it opens; tabs with addresses. */
import { ChevronLeft } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'

export function Page({
  title,
  about,
  actions,
  wide = false,
  children,
}: {
  readonly title: ReactNode
  readonly about?: ReactNode
  readonly actions?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}): ReactElement {
  return (
    <div className="page">
      <div className={wide ? 'page-body wide' : 'page-body'}>
        <div className="page-head">
          <div className="titles">
            <h1>{title}</h1>
            {about !== undefined && <p>{about}</p>}
          </div>
          {actions !== undefined && <div className="row wrap">{actions}</div>}
        </div>
        {children}
      </div>
    </div>
  )
}

/** A list on the left. On a phone one of both is seen: `isOpen` says which. */
export function Split({
  side,
  sideLabel,
  isOpen,
  onBack,
  children,
}: {
  readonly side: ReactNode
  readonly sideLabel: string
  /** Whether something of the list is open. */
  readonly isOpen: boolean
  readonly onBack: () => void
  readonly children: ReactNode
}): ReactElement {
  return (
    <div className="split" data-open={isOpen ? 'main' : 'side'}>
      <nav className="side" aria-label={sideLabel}>
        {side}
      </nav>
      <div className="main">
        <div className="split-back">
          <Button kind="quiet" onClick={onBack}>
            <ChevronLeft size={16} aria-hidden /> {sideLabel}
          </Button>
        </div>
        {children}
      </div>
    </div>
  )
}

export interface TabItem {
  readonly id: string
  readonly label: ReactNode
}

export function Tabs({
  label,
  tabs,
  value,
  onChange,
}: {
  readonly label: string
  readonly tabs: readonly TabItem[]
  readonly value: string
  readonly onChange: (id: string) => void
}): ReactElement {
  return (
    <div
      className="tabs"
      role="tablist"
      aria-label={label}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
        if (step === 0) return
        const at = tabs.findIndex(({ id }) => id === value)
        const next = tabs[(at + step + tabs.length) % tabs.length]
        if (next === undefined) return
        onChange(next.id)
        const list = event.currentTarget
        requestAnimationFrame(() =>
          list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus(),
        )
      }}
    >
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          className="tab"
          aria-selected={tab.id === value}
          tabIndex={tab.id === value ? 0 : -1}
          onClick={() => onChange(tab.id)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  )
}

export function Stat({
  label,
  value,
  note,
}: {
  readonly label: string
  readonly value: ReactNode
  readonly note?: ReactNode
}): ReactElement {
  return (
    <div className="stat">
      <div className="muted small">{label}</div>
      <div className="value truncate">{value}</div>
      {note !== undefined && <div className="muted small truncate">{note}</div>}
    </div>
  )
}

/** Names and what they are. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [string, ReactNode])[]
}): ReactElement {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <Fact key={name} name={name} value={value} />
      ))}
    </dl>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: ReactNode }): ReactElement {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
