/** Triggers that call an address, and what it answered. */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { Answer } from '#studio/api'
import { useProject } from '#studio/api'
import { ident, qualified } from '#studio/catalog'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  CodeSample,
  DataTable,
  EmptyState,
  ErrorNotice,
  Facts,
  Loading,
  Page,
  Sheet,
  ago,
  clockTime,
} from '#studio/ui'
import { useStatement } from './listing.tsx'
import type { Statement } from './listing.tsx'
import { NeedsExtension } from './needs-extension.tsx'
import { NewHook } from './new-webhook.tsx'

type Hook = WebhooksView['hooks'][number]

type Delivery = WebhooksView['deliveries'][number]

type WebhooksView = Answer<'GET catalog/webhooks'>

export function Webhooks({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const { ask, dialog, refused } = useStatement(projectRef)
  const webhooks = useProject<WebhooksView>(projectRef, 'catalog/webhooks', { everyMs: 3000 })
  const { data, error } = webhooks
  return (
    <Page
      title="Webhooks"
      about="Addresses that are called when rows change, after the transaction."
      wide
      actions={
        data?.available === true && (
          <Button kind="primary" refusal={refused} onClick={() => setSearch({ new: 'hook' })}>
            <Plus size={14} aria-hidden /> Create webhook
          </Button>
        )
      }
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void webhooks.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.available === false && (
        <NeedsExtension projectRef={projectRef} name="pg_net" title="Webhooks need pg_net">
          Enabled, Postgres can send requests.
        </NeedsExtension>
      )}
      {data?.available === true &&
        (data.hooks.length === 0 ? (
          <EmptyState title="No webhooks yet" command="basalt migration new create_webhook">
            A webhook is a trigger that calls supabase_functions.http_request.
          </EmptyState>
        ) : (
          <Hooks hooks={data.hooks} refused={refused} onSql={ask} />
        ))}
      {data !== undefined && data.deliveries.length > 0 && (
        <Deliveries deliveries={data.deliveries} />
      )}
      {search['new'] === 'hook' && (
        <NewHook projectRef={projectRef} onClose={() => setSearch({ new: null })} onSql={ask} />
      )}
      {dialog}
    </Page>
  )
}

function Hooks({
  hooks,
  refused,
  onSql,
}: {
  readonly hooks: readonly Hook[]
  readonly refused: string | null
  readonly onSql: (statement: Statement) => void
}): ReactElement {
  return (
    <DataTable
      label="Webhooks"
      rows={hooks}
      rowKey={({ schema, table, name }) => `${schema}.${table}.${name}`}
      columns={[
        { name: 'Name', cell: ({ name }) => name, sort: ({ name }) => name },
        { name: 'Table', cell: ({ schema, table }) => <code>{`${schema}.${table}`}</code> },
        { name: 'Definition', cell: ({ definition }) => <code>{definition}</code> },
        {
          name: 'State',
          cell: ({ enabled }) =>
            enabled ? <Badge kind="ok">on</Badge> : <Badge kind="warn">off</Badge>,
        },
        {
          name: '',
          cell: ({ schema, table, name }) => (
            <Button
              size="small"
              refusal={refused}
              aria-label={`Drop ${name}`}
              onClick={() =>
                onSql({
                  title: `Drop webhook ${name}`,
                  sql: `drop trigger ${ident(name)} on ${qualified(schema, table)};`,
                  name: `drop_webhook_of_${table}`,
                  warning: `Its address is not called any more when ${schema}.${table} changes.`,
                })
              }
            >
              Drop
            </Button>
          ),
        },
      ]}
    />
  )
}

function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }): ReactElement {
  const [open, setOpen] = useState<Delivery | null>(null)
  return (
    <section className="stack tight">
      <h2>Deliveries</h2>
      <DataTable
        label="Deliveries"
        rows={deliveries}
        rowKey={({ id }) => id}
        onOpen={setOpen}
        columns={[
          {
            name: 'Webhook',
            cell: (delivery) => (
              <button type="button" className="link-button" onClick={() => setOpen(delivery)}>
                {delivery.hook}
              </button>
            ),
          },
          { name: 'Table', cell: ({ schema, table }) => `${schema ?? ''}.${table ?? ''}` },
          { name: 'Fired', cell: ({ at }) => (at === null ? '' : ago(at)) },
          { name: 'Answer', cell: (delivery) => <Outcome delivery={delivery} /> },
        ]}
      />
      <Sheet
        open={open !== null}
        onClose={() => setOpen(null)}
        title={`Delivery ${open?.id ?? ''}`}
      >
        {open !== null && (
          <>
            <Facts
              facts={[
                ['Webhook', open.hook],
                ['Fired', open.at === null ? '' : clockTime(open.at)],
                ['Answer', <Outcome key="answer" delivery={open} />],
              ]}
            />
            {open.answer !== null && <CodeSample code={open.answer} label="answer" wrap />}
          </>
        )}
      </Sheet>
    </section>
  )
}

function Outcome({
  delivery: { status_code: status, timed_out: isLate, error },
}: {
  readonly delivery: Delivery
}): ReactElement {
  if (isLate === true) return <Badge kind="danger">no answer in time</Badge>
  if (error !== null)
    return (
      <span>
        <Badge kind="danger">failed</Badge> {error}
      </span>
    )
  if (status === null) return <Badge kind="info">on its way</Badge>
  return <Badge kind={status < 400 ? 'ok' : 'danger'}>{status}</Badge>
}
