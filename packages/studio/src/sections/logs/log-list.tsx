/** The requests as lines, the newest at the top; of many only those in sight are made. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import type { ReactElement } from 'react'
import { Link, usePlace } from '#studio/place'
import { Button, clockTime, milliseconds } from '#studio/ui'
import type { LogRequest } from './log-tail.ts'

const lineHeight = 32

export function LogList({
  requests,
  openId,
  onScrolled,
  onLoadOlder,
}: {
  readonly requests: readonly LogRequest[]
  readonly openId: string | undefined
  /** Whether it is away from the newest. */
  readonly onScrolled: (isAway: boolean) => void
  /** Undefined where there are none. */
  readonly onLoadOlder: (() => void) | undefined
}): ReactElement {
  const scroller = useRef<HTMLDivElement>(null)
  const lines = useVirtualizer({
    count: requests.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    getItemKey: (index) => requests[index]?.seq ?? index,
    overscan: 12,
  })
  return (
    <div
      className="log-lines"
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label="Requests, the newest first"
      onScroll={({ currentTarget: { scrollTop } }) => onScrolled(scrollTop > lineHeight)}
    >
      <ol style={{ height: lines.getTotalSize(), position: 'relative' }} aria-label="Requests">
        {lines.getVirtualItems().map(({ index, start, key }) => {
          const request = requests[index]
          if (request === undefined) return null
          return (
            <li key={String(key)} style={{ transform: `translateY(${start}px)` }}>
              <LogLine request={request} isOpen={request.id === openId} />
            </li>
          )
        })}
      </ol>
      {onLoadOlder !== undefined && (
        <div className="row" style={{ justifyContent: 'center', padding: 12 }}>
          <Button size="small" onClick={onLoadOlder}>
            Load older
          </Button>
        </div>
      )}
    </div>
  )
}

/** The server counts whole ones. */
export const took = (ms: number): string => (ms === 0 ? '< 1 ms' : milliseconds(ms))

export const statusKind = (status: number): 'ok' | 'warn' | 'danger' | 'info' =>
  status >= 500 ? 'danger' : status >= 400 ? 'warn' : status >= 300 || status < 200 ? 'info' : 'ok'

function LogLine({
  request,
  isOpen,
}: {
  readonly request: LogRequest
  readonly isOpen: boolean
}): ReactElement {
  const { href } = usePlace()
  const { id, at, method, path, query, status, ms, user_id: user } = request
  return (
    <Link
      className="log-line"
      href={href({ path: [id], search: Object.fromEntries(new URLSearchParams(location.search)) })}
      aria-current={isOpen ? 'true' : undefined}
    >
      <time dateTime={at} title={at}>
        {clockTime(at).slice(11)}
        <span className="muted">.{at.slice(20, 23)}</span>
      </time>
      <span className={`log-status ${statusKind(status)}`}>{status}</span>
      <span className="log-method">{method}</span>
      <span className="truncate log-path">
        {path}
        {query !== '' && <span className="muted">?{query}</span>}
      </span>
      <span className="truncate muted log-of">{user ?? ''}</span>
      <span className="log-ms">{took(ms)}</span>
    </Link>
  )
}
