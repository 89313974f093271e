/** What a page says when there is nothing, when something failed, and while something takes its time. */
import { CircleAlert, CircleCheck, Info, RotateCw, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'
import { copyText } from './copy.tsx'

/** The shape that errors of the API have, whatever class they are of. */
interface Described {
  readonly message: string
  readonly code?: string
  readonly hint?: string | null
  readonly details?: string | null
  readonly requestId?: string | null
}

function describe(error: unknown): Described {
  if (typeof error === 'object' && error !== null && 'message' in error) return error as Described
  return { message: String(error) }
}

const icons = { info: Info, warn: TriangleAlert, danger: CircleAlert, ok: CircleCheck }

export function Notice({
  kind = 'info',
  children,
  actions,
}: {
  readonly kind?: 'info' | 'warn' | 'danger' | 'ok'
  readonly children: ReactNode
  readonly actions?: ReactNode
}): ReactElement {
  const Icon = icons[kind]
  return (
    <div className={`notice ${kind}`} role={kind === 'danger' ? 'alert' : undefined}>
      <Icon size={16} aria-hidden style={{ flex: 'none', marginTop: 2 }} />
      <div className="grow">{children}</div>
      {actions}
    </div>
  )
}

/** What happened, its code, what to do; and again. */
export function ErrorNotice({
  error,
  onRetry,
  title,
}: {
  readonly error: unknown
  readonly onRetry?: () => void
  /** What was tried: `Row not saved`. */
  readonly title?: string
}): ReactElement {
  const { message, code, hint, details, requestId } = describe(error)
  const lines = [message, code, details, hint, requestId && `request ${requestId}`]
  return (
    <Notice
      kind="danger"
      actions={
        <span className="row wrap">
          {onRetry !== undefined && (
            <Button size="small" onClick={onRetry}>
              <RotateCw size={13} aria-hidden /> Retry
            </Button>
          )}
          {logOf(requestId) !== null && (
            <a className="button quiet small" href={logOf(requestId) ?? ''}>
              Its log
            </a>
          )}
          <Button
            size="small"
            kind="quiet"
            onClick={() => copyText(lines.filter(Boolean).join('\n'), 'Details')}
          >
            Copy details
          </Button>
        </span>
      }
    >
      <div>
        {title !== undefined && <strong>{title}: </strong>}
        {message}
        {code !== undefined && <span className="muted"> ({code})</span>}
      </div>
      {details !== undefined && details !== null && <div className="muted">{details}</div>}
      {hint !== undefined && hint !== null && <div>{hint}</div>}
    </Notice>
  )
}

/** Where the request is among those of the project this page is at. */
function logOf(requestId: string | null | undefined): string | null {
  const [, project] = /^\/p\/([^/]+)\//.exec(location.pathname) ?? []
  if (project === undefined || typeof requestId !== 'string') return null
  return `/p/${project}/logs/${encodeURIComponent(requestId)}`
}

export function EmptyState({
  title,
  children,
  action,
  command,
}: {
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
  /** The same on a command line. */
  readonly command?: string
}): ReactElement {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children !== undefined && <p>{children}</p>}
      {action}
      {command !== undefined && <code>{command}</code>}
    </div>
  )
}

/** Nothing for 150 ms, then the shape of what comes. */
export function Loading({ rows = 6 }: { readonly rows?: number }): ReactElement | null {
  const [isShown, setIsShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setIsShown(true), 150)
    return () => clearTimeout(timer)
  }, [])
  if (!isShown) return null
  return (
    <div className="stack tight" role="status" aria-label="Loading" style={{ padding: 16 }}>
      {Array.from({ length: rows }, (_, index) => (
        // oxlint-disable-next-line no-array-index-key
        <div
          key={index}
          className="skeleton"
          style={{ height: 20, width: `${92 - ((index * 17) % 40)}%` }}
        />
      ))}
    </div>
  )
}

/** `done` of 1; null while nobody knows. */
export function Progress({
  done,
  label,
}: {
  readonly done: number | null
  readonly label: string
}): ReactElement {
  const percent = done === null ? null : Math.round(Math.min(1, done) * 100)
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { 'aria-valuenow': percent })}
    >
      <div style={{ width: `${percent ?? 30}%` }} />
    </div>
  )
}

export function Badge({
  kind = 'plain',
  children,
}: {
  readonly kind?: 'plain' | 'ok' | 'warn' | 'danger' | 'info'
  readonly children: ReactNode
}): ReactElement {
  return <span className={`badge ${kind}`}>{children}</span>
}
