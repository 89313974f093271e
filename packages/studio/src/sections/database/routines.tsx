/** Functions and triggers: what they are, and their SQL. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import type { Answer } from '#studio/api'
import { qualified } from '#studio/catalog'
import { Link, hrefOf } from '#studio/place'
import { Badge, Button, CodeSample, EmptyState, Facts, Sheet } from '#studio/ui'
import { Listing, useStatement } from './listing.tsx'

interface PartProps {
  readonly projectRef: string
}

type FunctionRow = Answer<'GET catalog/functions'>[number]

export function Functions({ projectRef }: PartProps): ReactElement {
  const [open, setOpen] = useState<FunctionRow | null>(null)
  return (
    <Listing<FunctionRow>
      projectRef={projectRef}
      path="catalog/functions"
      title="Functions"
      about="Functions and procedures of the database. Those in an exposed schema are called over /rest/v1/rpc."
      rowKey={({ oid }) => String(oid)}
      textOf={(row) => `${row.schema} ${row.name} ${row.arguments} ${row.language}`}
      onOpen={setOpen}
      empty={
        <EmptyState title="No functions yet" command="basalt migration new create_function">
          They are made by SQL: create function …
        </EmptyState>
      }
      columns={[
        {
          name: 'Name',
          cell: (row) => (
            <button type="button" className="link-button" onClick={() => setOpen(row)}>
              {row.schema}.{row.name}
            </button>
          ),
          sort: ({ schema, name }) => `${schema}.${name}`,
        },
        { name: 'Arguments', cell: (row) => <code>{row.arguments}</code> },
        { name: 'Returns', cell: ({ returns }) => <code>{returns ?? ''}</code> },
        { name: 'Language', cell: ({ language }) => language, sort: ({ language }) => language },
        {
          name: 'Runs as',
          cell: ({ security_definer: isOwn, owner }) =>
            isOwn ? <Badge kind="warn">its owner, {owner}</Badge> : 'who calls it',
        },
      ]}
    >
      <Sheet
        open={open !== null}
        wide
        onClose={() => setOpen(null)}
        title={open === null ? '' : `${open.schema}.${open.name}`}
      >
        {open !== null && (
          <>
            {open.comment !== null && <p>{open.comment}</p>}
            <Facts
              facts={[
                ['Kind', open.kind],
                ['Volatility', open.volatility],
                ['Owner', open.owner],
                ['Settings', open.settings.join(', ') || 'none'],
                ['May be called by', open.callable_by.join(', ') || 'its owner alone'],
              ]}
            />
            {open.definition !== null && <CodeSample code={open.definition} label="definition" />}
          </>
        )}
      </Sheet>
    </Listing>
  )
}

type TriggerRow = Answer<'GET catalog/triggers'>[number]

export function Triggers({ projectRef }: PartProps): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  const turn = ({ schema, table, name, enabled }: TriggerRow): void =>
    ask({
      title: `${enabled ? 'Disable' : 'Enable'} trigger ${name}`,
      sql: `alter table ${qualified(schema, table)} ${enabled ? 'disable' : 'enable'} trigger "${name.replaceAll('"', '""')}";`,
      name: `${enabled ? 'disable' : 'enable'}_trigger_of_${table}`,
    })
  const drop = ({ schema, table, name, function: called }: TriggerRow): void =>
    ask({
      title: `Drop trigger ${name}`,
      sql: `drop trigger "${name.replaceAll('"', '""')}" on ${qualified(schema, table)};`,
      name: `drop_trigger_of_${table}`,
      warning: `${called} is not called any more when ${schema}.${table} changes.`,
    })
  return (
    <Listing<TriggerRow>
      projectRef={projectRef}
      path="catalog/triggers"
      title="Triggers"
      about="Functions that are called when rows change."
      rowKey={({ schema, table, name }) => `${schema}.${table}.${name}`}
      textOf={(row) => `${row.schema} ${row.table} ${row.name} ${row.function}`}
      empty={
        <EmptyState title="No triggers yet" command="basalt migration new create_trigger">
          They are made by SQL: create trigger …
        </EmptyState>
      }
      columns={[
        { name: 'Name', cell: ({ name }) => <code>{name}</code>, sort: ({ name }) => name },
        {
          name: 'Table',
          cell: ({ schema, table }) => (
            <Link href={hrefOf({ ref: projectRef, section: 'tables', path: [schema, table] })}>
              {schema}.{table}
            </Link>
          ),
          sort: ({ schema, table }) => `${schema}.${table}`,
        },
        { name: 'Definition', cell: ({ definition }) => <code>{definition}</code> },
        {
          name: 'State',
          cell: ({ enabled }) =>
            enabled ? <Badge kind="ok">on</Badge> : <Badge kind="warn">off</Badge>,
        },
        {
          name: '',
          cell: (row) => (
            <span className="row">
              <Button
                size="small"
                refusal={refused}
                aria-label={`${row.enabled ? 'Disable' : 'Enable'} ${row.name}`}
                onClick={() => turn(row)}
              >
                {row.enabled ? 'Disable' : 'Enable'}
              </Button>
              <Button
                size="small"
                refusal={refused}
                aria-label={`Drop ${row.name}`}
                onClick={() => drop(row)}
              >
                Drop
              </Button>
            </span>
          ),
        },
      ]}
    >
      {dialog}
    </Listing>
  )
}
