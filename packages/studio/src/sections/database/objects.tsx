/** Functions, triggers, enums, indexes and roles: what they are, and their SQL. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { qualified } from '#studio/catalog'
import { Link, hrefOf } from '#studio/place'
import { Badge, Button, CodeSample, EmptyState, Facts, Sheet, bytes, count } from '#studio/ui'
import { Listing, useStatement } from './listing.tsx'

interface PartProps {
  readonly projectRef: string
}

interface FunctionRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly language: string
  readonly kind: string
  readonly arguments: string
  readonly returns: string | null
  readonly volatility: string
  readonly security_definer: boolean
  readonly owner: string
  readonly settings: readonly string[]
  readonly callable_by: readonly string[]
  readonly definition: string | null
  readonly comment: string | null
}

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

interface TriggerRow {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly enabled: boolean
  readonly function_schema: string
  readonly function: string
  readonly definition: string
}

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

interface EnumRow {
  readonly schema: string
  readonly name: string
  readonly values: readonly string[]
  readonly comment: string | null
}

export function Enums({ projectRef }: PartProps): ReactElement {
  return (
    <Listing<EnumRow>
      projectRef={projectRef}
      path="catalog/enums"
      title="Enums"
      about="Types with a fixed list of values, in their order."
      rowKey={({ schema, name }) => `${schema}.${name}`}
      textOf={({ schema, name, values }) => `${schema} ${name} ${values.join(' ')}`}
      empty={
        <EmptyState title="No enums yet" command="basalt migration new create_enum">
          create type mood as enum (…) makes one.
        </EmptyState>
      }
      columns={[
        {
          name: 'Name',
          cell: ({ schema, name }) => (
            <code>
              {schema}.{name}
            </code>
          ),
          sort: ({ schema, name }) => `${schema}.${name}`,
        },
        {
          name: 'Values',
          cell: ({ values }) => (
            <span className="row wrap">
              {values.map((value) => (
                <Badge key={value}>{value}</Badge>
              ))}
            </span>
          ),
        },
        { name: 'Comment', cell: ({ comment }) => comment ?? '' },
      ]}
    />
  )
}

interface IndexRow {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly method: string
  readonly unique: boolean
  readonly primary: boolean
  readonly valid: boolean
  readonly scans: number
  readonly bytes: number
  readonly definition: string
}

export function Indexes({ projectRef }: PartProps): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  return (
    <Listing<IndexRow>
      projectRef={projectRef}
      path="catalog/indexes"
      title="Indexes"
      about="How often each was used since statistics were last reset, and what it takes."
      rowKey={({ schema, name }) => `${schema}.${name}`}
      textOf={({ schema, table, name, method }) => `${schema} ${table} ${name} ${method}`}
      empty={
        <EmptyState title="No indexes yet" command="basalt migration new create_index">
          Primary keys bring one along.
        </EmptyState>
      }
      columns={[
        {
          name: 'Name',
          cell: ({ name, valid, unique, primary }) => (
            <span className="row wrap">
              <code>{name}</code>
              {primary ? <Badge>primary key</Badge> : unique && <Badge>unique</Badge>}
              {!valid && <Badge kind="danger">invalid</Badge>}
            </span>
          ),
          sort: ({ name }) => name,
        },
        {
          name: 'Definition',
          cell: (row) => <code>{row.definition.replace(/^CREATE /, '')}</code>,
        },
        {
          name: 'Used',
          cell: ({ scans }) => count(scans),
          sort: ({ scans }) => scans,
          align: 'number',
        },
        {
          name: 'Size',
          cell: (row) => bytes(row.bytes),
          sort: (row) => row.bytes,
          align: 'number',
        },
        {
          name: '',
          cell: ({ schema, table, name, primary }) => (
            <Button
              size="small"
              refusal={primary ? 'It belongs to the primary key' : refused}
              aria-label={`Drop ${name}`}
              onClick={() =>
                ask({
                  title: `Drop index ${name}`,
                  sql: `drop index ${qualified(schema, name)};`,
                  name: `drop_index_of_${table}`,
                  warning: `What looked up ${schema}.${table} by it reads the whole table.`,
                })
              }
            >
              Drop
            </Button>
          ),
        },
      ]}
    >
      {dialog}
    </Listing>
  )
}

interface RoleRow {
  readonly name: string
  readonly superuser: boolean
  readonly bypasses_rls: boolean
  readonly can_login: boolean
  readonly can_create_roles: boolean
  readonly can_create_databases: boolean
  readonly replication: boolean
  readonly connection_limit: number | null
  readonly connections: number
  readonly member_of: readonly string[]
}

const rights: readonly (readonly [keyof RoleRow, string, boolean])[] = [
  ['superuser', 'superuser', true],
  ['bypasses_rls', 'bypasses RLS', true],
  ['can_login', 'logs in', false],
  ['can_create_roles', 'makes roles', false],
  ['can_create_databases', 'makes databases', false],
  ['replication', 'replicates', false],
]

export function Roles({ projectRef }: PartProps): ReactElement {
  return (
    <Listing<RoleRow>
      projectRef={projectRef}
      path="catalog/roles"
      title="Roles"
      about="Who there is in the database. Requests run as anon, authenticated or service_role."
      rowKey={({ name }) => name}
      textOf={({ name, member_of: of }) => `${name} ${of.join(' ')}`}
      empty={<EmptyState title="No roles" />}
      columns={[
        { name: 'Name', cell: ({ name }) => <code>{name}</code>, sort: ({ name }) => name },
        {
          name: 'May',
          cell: (role) => (
            <span className="row wrap">
              {rights
                .filter(([right]) => role[right] === true)
                .map(([right, word, isGrave]) => (
                  <Badge key={right} kind={isGrave ? 'warn' : 'plain'}>
                    {word}
                  </Badge>
                ))}
            </span>
          ),
        },
        { name: 'Member of', cell: ({ member_of: of }) => of.join(', ') },
        {
          name: 'Connections',
          cell: ({ connections, connection_limit: limit }) =>
            limit === null ? count(connections) : `${count(connections)} of ${count(limit)}`,
          sort: ({ connections }) => connections,
          align: 'number',
        },
      ]}
    />
  )
}
