/** Connections and channels of this node, as they are. */
import { Radio } from 'lucide-react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import {
  Badge,
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  Notice,
  Page,
  Stat,
  bytes,
  count,
} from '#studio/ui'

interface Topic {
  readonly topic: string
  readonly private: boolean
  readonly listeners: number
}

interface Stats {
  /** Null where the project is not open on the node that answers. */
  readonly realtime: {
    readonly connections: number
    readonly users: number
    readonly channels: number
    readonly dropped: number
    readonly changesSent: number
    readonly lagBytes: number
    readonly topics: readonly Topic[]
  } | null
}

export function Now(): ReactElement {
  const { ref, href } = usePlace()
  const stats = useProject<Stats>(ref, 'realtime/stats', { everyMs: 2000 })
  const now = stats.data?.realtime
  const inspector = (
    <Link className="button primary" href={href({ path: ['inspector'], search: {} })}>
      <Radio size={15} aria-hidden /> Join a channel
    </Link>
  )
  return (
    <Page
      title="Realtime"
      about="Of the node that answers, read again every two seconds."
      actions={inspector}
    >
      {stats.error !== null && (
        <ErrorNotice error={stats.error} onRetry={() => void stats.refetch()} />
      )}
      {stats.data === undefined && stats.error === null && <Loading />}
      {now === null && (
        <Notice>The project is not open on this node: nobody has asked for it.</Notice>
      )}
      {now !== null && now !== undefined && (
        <>
          <div className="realtime-stats">
            <Stat label="Connections" value={count(now.connections)} />
            <Stat
              label="In a channel"
              value={count(now.users)}
              note={`${count(now.channels)} joined channels`}
            />
            <Stat label="Changes sent" value={count(now.changesSent)} />
            <Stat label="Behind the log" value={bytes(now.lagBytes)} />
            <Stat label="Dropped" value={count(now.dropped)} note="did not read" />
          </div>
          {now.topics.length === 0 ? (
            <EmptyState title="Nobody is in a channel" action={inspector}>
              Channels are listed here while somebody has joined them.
            </EmptyState>
          ) : (
            <DataTable
              label="Channels"
              rows={now.topics}
              rowKey={({ topic, private: isPrivate }) => `${String(isPrivate)}:${topic}`}
              columns={[
                {
                  name: 'Channel',
                  sort: ({ topic }) => topic,
                  cell: ({ topic }) => <span className="topic">{topic}</span>,
                },
                {
                  name: 'Kind',
                  cell: ({ private: isPrivate }) => (
                    <Badge kind={isPrivate ? 'info' : 'plain'}>
                      {isPrivate ? 'private' : 'public'}
                    </Badge>
                  ),
                },
                {
                  name: 'Listeners',
                  align: 'number',
                  sort: ({ listeners }) => listeners,
                  cell: ({ listeners }) => count(listeners),
                },
                {
                  name: '',
                  align: 'number',
                  cell: ({ topic, private: isPrivate }) => (
                    <Link
                      className="button small"
                      aria-label={`Inspect ${topic}`}
                      href={href({
                        path: ['inspector'],
                        search: { channel: topic, private: isPrivate ? '1' : null },
                      })}
                    >
                      Inspect
                    </Link>
                  ),
                },
              ]}
            />
          )}
        </>
      )}
    </Page>
  )
}
