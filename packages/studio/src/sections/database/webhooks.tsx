/** Triggers that call an address, and what it answered. */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { ident, literal, qualified, useCatalog } from '#studio/catalog'
import { useDraft, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  Check,
  CodeSample,
  DataTable,
  EmptyState,
  ErrorNotice,
  Facts,
  Loading,
  Page,
  SelectField,
  Sheet,
  TextArea,
  TextField,
  ago,
  clockTime,
} from '#studio/ui'
import { useStatement } from './listing.tsx'
import type { Statement } from './listing.tsx'
import { NeedsExtension } from './needs-extension.tsx'

interface Hook {
  readonly name: string
  readonly schema: string
  readonly table: string
  readonly enabled: boolean
  readonly definition: string
}

interface Delivery {
  readonly id: string
  readonly hook: string
  readonly schema: string | null
  readonly table: string | null
  readonly at: string | null
  readonly status_code: number | null
  readonly timed_out: boolean | null
  readonly error: string | null
  readonly answer: string | null
}

interface WebhooksView {
  readonly available: boolean
  readonly hooks: readonly Hook[]
  readonly deliveries: readonly Delivery[]
}

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

const events = ['insert', 'update', 'delete'] as const

interface HookDraft {
  readonly name: string
  readonly table: string
  readonly events: readonly string[]
  readonly url: string
  readonly method: string
  readonly timeout: string
}

const emptyHook: HookDraft = {
  name: '',
  table: '',
  events: ['insert'],
  url: '',
  method: 'POST',
  timeout: '5000',
}

function NewHook({
  projectRef,
  onClose,
  onSql,
}: {
  readonly projectRef: string
  readonly onClose: () => void
  readonly onSql: (statement: Statement) => void
}): ReactElement {
  const catalog = useCatalog(projectRef)
  const [draft, setDraft] = useDraft(`webhook ${projectRef}`, emptyHook)
  // headers carry tokens: they are not kept
  const [headers, setHeaders] = useState('{"Content-Type":"application/json"}')
  const set = (name: keyof HookDraft) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [name]: event.target.value })
  const relation = catalog.data?.relations.find(
    ({ schema, name }) => `${schema}.${name}` === draft.table,
  )
  const tables = (catalog.data?.relations ?? []).filter(({ kind }) => kind === 'table')
  const problem = jsonProblem(headers)
  const review = (): void => {
    if (relation === undefined || problem !== null || draft.events.length === 0) return
    const parts = [draft.url, draft.method, headers, '{}', draft.timeout].map(literal)
    onSql({
      title: `Create webhook ${draft.name}`,
      sql: `create trigger ${ident(draft.name)} after ${draft.events.join(' or ')} on ${qualified(relation.schema, relation.name)}
  for each row execute function supabase_functions.http_request(${parts.join(', ')});`,
      name: `create_webhook_of_${relation.name}`,
    })
    onClose()
  }
  return (
    <Sheet
      open
      onClose={onClose}
      title="Create webhook"
      onSubmit={review}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={draft.events.length === 0}>
            Review SQL
          </Button>
        </>
      }
    >
      <TextField label="Name" required value={draft.name} onChange={set('name')} />
      <SelectField
        label="Table"
        required
        value={draft.table}
        onChange={set('table')}
        options={[
          { value: '', label: 'Choose a table' },
          ...tables.map(({ schema, name }) => `${schema}.${name}`),
        ]}
      />
      <div className="row wrap" role="group" aria-label="Events">
        {events.map((event) => (
          <Check
            key={event}
            label={event}
            checked={draft.events.includes(event)}
            onChange={({ target }) =>
              setDraft({
                ...draft,
                events: target.checked
                  ? [...draft.events, event]
                  : draft.events.filter((other) => other !== event),
              })
            }
          />
        ))}
      </div>
      <TextField label="Address" type="url" required mono value={draft.url} onChange={set('url')} />
      <SelectField
        label="Method"
        value={draft.method}
        options={['POST', 'GET']}
        onChange={set('method')}
      />
      <TextArea
        label="Headers, JSON"
        help="They stand in the trigger, and whoever may read the schema reads them."
        mono
        rows={3}
        value={headers}
        problem={problem}
        onChange={(event) => setHeaders(event.target.value)}
      />
      <TextField
        label="Waits, in ms"
        inputMode="numeric"
        pattern="[0-9]+"
        required
        value={draft.timeout}
        onChange={set('timeout')}
      />
    </Sheet>
  )
}

function jsonProblem(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? null
      : 'Headers are a JSON object'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
