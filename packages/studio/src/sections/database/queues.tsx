/** Queues of messages (pgmq). */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { literal } from '#studio/catalog'
import {
  Badge,
  Button,
  DataTable,
  Dialog,
  EmptyState,
  ErrorNotice,
  Loading,
  Page,
  TextArea,
  TextField,
  ago,
  count,
  milliseconds,
  plural,
} from '#studio/ui'
import { useStatement } from './listing.tsx'
import { NeedsExtension } from './needs-extension.tsx'

interface Queue {
  readonly name: string
  readonly unlogged: boolean
  readonly partitioned: boolean
  readonly created_at: string | null
  readonly messages: number | null
  readonly visible: number | null
  readonly oldest_seconds: number | null
  readonly archived: number | null
}

interface QueuesView {
  readonly available: boolean
  readonly queues: readonly Queue[]
}

export function Queues({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  const [isNew, setIsNew] = useState(false)
  const [sending, setSending] = useState<string | null>(null)
  const queues = useProject<QueuesView>(projectRef, 'catalog/queues', { everyMs: 5000 })
  const { data, error } = queues
  return (
    <Page
      title="Queues"
      about="Messages that wait in tables until somebody takes them (pgmq)."
      wide
      actions={
        data?.available === true && (
          <Button kind="primary" refusal={refused} onClick={() => setIsNew(true)}>
            <Plus size={14} aria-hidden /> Create queue
          </Button>
        )
      }
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void queues.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.available === false && (
        <NeedsExtension projectRef={projectRef} name="pgmq" title="Queues need pgmq">
          Enabled, messages are sent and taken by SQL.
        </NeedsExtension>
      )}
      {data?.available === true && data.queues.length === 0 && (
        <EmptyState title="No queues yet" command="select pgmq.create('jobs');">
          Create one, then send with pgmq.send and take with pgmq.read.
        </EmptyState>
      )}
      {data !== undefined && data.queues.length > 0 && (
        <DataTable
          label="Queues"
          rows={data.queues}
          rowKey={({ name }) => name}
          columns={[
            {
              name: 'Name',
              cell: ({ name, unlogged, partitioned }) => (
                <span className="row wrap">
                  <code>{name}</code>
                  {unlogged && <Badge kind="warn">gone after a crash</Badge>}
                  {partitioned && <Badge>partitioned</Badge>}
                </span>
              ),
              sort: ({ name }) => name,
            },
            { name: 'Messages', cell: ({ messages }) => numberOf(messages), align: 'number' },
            { name: 'Not taken', cell: ({ visible }) => numberOf(visible), align: 'number' },
            {
              name: 'Oldest waits',
              cell: ({ oldest_seconds: age }) => (age === null ? '' : milliseconds(age * 1000)),
              align: 'number',
            },
            { name: 'Archived', cell: ({ archived }) => numberOf(archived), align: 'number' },
            { name: 'Made', cell: ({ created_at: at }) => (at === null ? '' : ago(at)) },
            {
              name: '',
              cell: ({ name, messages }) => (
                <span className="row">
                  <Button
                    size="small"
                    refusal={refused}
                    aria-label={`Send to ${name}`}
                    onClick={() => setSending(name)}
                  >
                    Send
                  </Button>
                  <Button
                    size="small"
                    refusal={refused}
                    aria-label={`Drop ${name}`}
                    onClick={() =>
                      ask({
                        title: `Drop queue ${name}`,
                        sql: `select pgmq.drop_queue(${literal(name)});`,
                        name: `drop_queue_${name}`,
                        warning: `Drops ${name} with its ${plural(messages ?? 0, 'message')} and its archive. This cannot be undone.`,
                      })
                    }
                  >
                    Drop
                  </Button>
                </span>
              ),
            },
          ]}
        />
      )}
      <TypeDialog
        open={isNew}
        title="Create queue"
        label="Name"
        onClose={() => setIsNew(false)}
        onText={(name) =>
          ask({
            title: `Create queue ${name}`,
            sql: `select pgmq.create(${literal(name)});`,
            name: `create_queue_${name.replaceAll(/\W+/g, '_')}`,
          })
        }
      />
      <TypeDialog
        open={sending !== null}
        title={`Send to ${sending ?? ''}`}
        label="Message, JSON"
        isLong
        onClose={() => setSending(null)}
        onText={(message) =>
          ask({
            title: `Send to ${sending ?? ''}`,
            sql: `select pgmq.send(${literal(sending ?? '')}, ${literal(message)}::jsonb);`,
            name: 'send',
            isOnce: true,
          })
        }
      />
      {dialog}
    </Page>
  )
}

const numberOf = (value: number | null): string => (value === null ? '' : count(value))

function TypeDialog({
  open,
  title,
  label,
  isLong = false,
  onClose,
  onText,
}: {
  readonly open: boolean
  readonly title: string
  readonly label: string
  readonly isLong?: boolean
  readonly onClose: () => void
  readonly onText: (text: string) => void
}): ReactElement {
  const [text, setText] = useState('')
  const Input = isLong ? TextArea : TextField
  const close = (): void => {
    setText('')
    onClose()
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      onSubmit={() => {
        onText(text)
        close()
      }}
      foot={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={text === ''}>
            Review SQL
          </Button>
        </>
      }
    >
      <Input
        label={label}
        mono
        value={text}
        onChange={(event: { target: { value: string } }) => setText(event.target.value)}
      />
    </Dialog>
  )
}
