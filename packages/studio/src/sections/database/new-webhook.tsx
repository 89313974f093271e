/** A webhook as a form; its trigger is shown before it is made. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { ident, literal, qualified, useCatalog } from '#studio/catalog'
import { useDraft } from '#studio/place'
import { Button, Check, SelectField, Sheet, TextArea, TextField } from '#studio/ui'
import type { Statement } from './listing.tsx'
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

export function NewHook({
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
