/** Section Logs: requests as they come, and each with its steps. */
import './logs.css'
import { ArrowUp } from 'lucide-react'
import { useMemo } from 'react'
import type { ReactElement } from 'react'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  EmptyState,
  ErrorNotice,
  Loading,
  Notice,
  clockTime,
  count,
  plural,
} from '#studio/ui'
import { filterNames, isShown, queryOf } from './log-filter.ts'
import { LogList } from './log-list.tsx'
import { useLogTail } from './log-tail.ts'
import type { UsedTail } from './log-tail.ts'
import { LogToolbar } from './log-toolbar.tsx'
import { RequestSheet } from './request-sheet.tsx'

export function LogsSection(): ReactElement {
  const { ref, path, search, go } = usePlace()
  const tail = useLogTail(ref, queryOf(search))
  const { requests, waiting, dropped, error, isPaused } = tail
  const [shown, fresh] = useMemo(() => {
    const passes = isShown(search, Date.now())
    return [requests.filter(passes), waiting.filter(passes).length]
  }, [requests, waiting, search])
  const openId = path[0]
  const isFiltered = filterNames.some((name) => search[name])
  const toTop = (): void => {
    tail.resume()
    document.querySelector('.log-lines')?.scrollTo({ top: 0 })
  }
  return (
    <div className="logs">
      <h1 className="visually-hidden">Logs</h1>
      <LogToolbar isPaused={isPaused} onPause={tail.pause} onResume={toTop} onClear={tail.clear} />
      {error !== null && <ErrorNotice title="The requests could not be read" error={error} />}
      {dropped > 0 && (
        <Notice kind="warn">
          {isFiltered ? 'Up to ' : ''}
          {plural(dropped, 'request')} came faster than they could be shown and{' '}
          {dropped === 1 ? 'is' : 'are'} left out. Filters leave room for those you look for.
        </Notice>
      )}
      <div className="log-body">
        {fresh > 0 && (
          <Button className="log-fresh" kind="primary" size="small" onClick={toTop}>
            <ArrowUp size={13} aria-hidden /> {count(fresh)} new
          </Button>
        )}
        {shown.length > 0 ? (
          <LogList
            requests={shown}
            openId={openId}
            onScrolled={(isAway) => (isAway ? tail.pause() : undefined)}
            onLoadOlder={tail.hasOlder ? tail.loadOlder : undefined}
          />
        ) : (
          <Nothing tail={tail} />
        )}
      </div>
      <div className="log-foot" role="status">
        <Badge kind={error !== null ? 'danger' : isPaused ? 'warn' : 'ok'}>
          {error !== null ? 'No answer' : isPaused ? 'Paused' : 'Live'}
        </Badge>
        <span>{plural(shown.length, 'request')}</span>
        {tail.since !== null && (
          <span className="log-since truncate">
            kept since {clockTime(tail.since)}, on this node
          </span>
        )}
      </div>
      {openId !== undefined && (
        <RequestSheet projectRef={ref} id={openId} onClose={() => go({ path: [], search })} />
      )}
    </div>
  )
}

function Nothing({ tail }: { readonly tail: UsedTail }): ReactElement | null {
  const { search } = usePlace()
  if (!tail.isLoaded) return <Loading rows={12} />
  if (tail.error !== null) return null
  if (tail.since === null)
    return (
      <EmptyState title="The project is not open on this node">
        Requests are kept once it is. The first request to it opens it.
      </EmptyState>
    )
  if (filterNames.some((name) => search[name]))
    return (
      <EmptyState title="No request passes these filters">
        Requests that come and pass them appear here by themselves.
      </EmptyState>
    )
  return (
    <EmptyState title="No requests yet" command='curl $API_URL/rest/v1/ -H "apikey: $ANON_KEY"'>
      Requests to the project appear here as they come. They are kept from the first look at this
      page on, the latest 5,000.
    </EmptyState>
  )
}
