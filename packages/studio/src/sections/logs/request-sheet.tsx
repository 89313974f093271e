/** One request: what it was, and what the server did after what. */
import type { ReactElement } from 'react'
import { ApiError, useProject } from '#studio/api'
import { Link, hrefOf } from '#studio/place'
import {
  Badge,
  EmptyState,
  ErrorNotice,
  Facts,
  KeyField,
  Loading,
  Sheet,
  clockTime,
  milliseconds,
} from '#studio/ui'
import { statusKind, took } from './log-list.tsx'
import type { LogRequest } from './log-tail.ts'

interface Traced extends LogRequest {
  readonly steps: readonly { readonly name: string; readonly ms: number }[]
}

export function RequestSheet({
  projectRef,
  id,
  onClose,
}: {
  readonly projectRef: string
  readonly id: string
  readonly onClose: () => void
}): ReactElement {
  const request = useProject<Traced>(projectRef, `logs/${encodeURIComponent(id)}`, {
    keepsOld: false,
  })
  const { data, error } = request
  return (
    <Sheet open onClose={onClose} title={data ? `${data.method} ${data.path}` : 'Request'}>
      {data !== undefined ? (
        <Facts facts={factsOf(projectRef, data)} />
      ) : error === null ? (
        <Loading />
      ) : error instanceof ApiError && error.code === 'studio_request_not_found' ? (
        <EmptyState title="This request is not kept" command={`grep ${id} server.log`}>
          The latest 5,000 requests are kept, from the first look at this page on. Older ones are in
          the log of the server, by the same id.
        </EmptyState>
      ) : (
        <ErrorNotice error={error} onRetry={() => void request.refetch()} />
      )}
      <section className="stack tight">
        <h3>Request id</h3>
        <KeyField label="Request id" value={id} />
        <p className="muted small">
          The answer had it as x-request-id; the log of the server has it too.
        </p>
      </section>
      {data !== undefined && <Steps request={data} />}
    </Sheet>
  )
}

const code = (text: string): ReactElement => <code>{text}</code>
const faint = (text: string): ReactElement => <span className="muted">{text}</span>

function factsOf(projectRef: string, request: Traced): [string, ReactElement | string][] {
  const { status, at, ms, route, query, ip, user_agent: agent, user_id: user } = request
  const rows: [string, ReactElement | string][] = [
    ['Answer', statusBadge(status)],
    ['Time', `${clockTime(at)}.${at.slice(20, 23)}`],
    ['Took', took(ms)],
    ['Service', code(route)],
    ['Query', code(`?${query}`)],
    ['User', user === null ? faint('nobody') : userLink(projectRef, user)],
    ['From', ip === '' ? 'the server itself' : code(ip)],
    ['Asked with', agent === '' ? faint('not said') : agent],
  ]
  return rows.filter(([name]) => name !== 'Query' || query !== '')
}

const statusBadge = (status: number): ReactElement => (
  <Badge kind={statusKind(status)}>{status}</Badge>
)
const userLink = (projectRef: string, user: string): ReactElement => (
  <Link href={hrefOf({ ref: projectRef, section: 'users', path: [user] })}>{user}</Link>
)

/** One after the other: each bar begins where the one before ended. */
function Steps({ request: { steps } }: { readonly request: Traced }): ReactElement {
  const total = Math.max(
    steps.reduce((sum, step) => sum + step.ms, 0),
    0.001,
  )
  let begun = 0
  return (
    <section className="stack tight">
      <h3>Steps</h3>
      {steps.length === 0 ? (
        <p className="muted">It was refused before the first of them.</p>
      ) : (
        <ol className="log-steps" aria-label="Steps">
          {steps.map((step, index) => {
            const left = (begun / total) * 100
            begun += step.ms
            return (
              // oxlint-disable-next-line no-array-index-key
              <li key={`${index} ${step.name}`}>
                <span className="truncate">{step.name}</span>
                <span className="log-bar" aria-hidden>
                  <span
                    style={{
                      left: `${Math.min(left, 99)}%`,
                      width: `max(2px, ${(step.ms / total) * 100}%)`,
                    }}
                  />
                </span>
                <span className="log-ms">{milliseconds(step.ms)}</span>
              </li>
            )
          })}
        </ol>
      )}
      <p className="muted small">
        All of it until the answer began. What is between them counts to the later one.
      </p>
    </section>
  )
}
