/** Enums, indexes and roles: what they are, and their SQL. */
import type { ReactElement } from 'react'
import type { Answer } from '#studio/api'
import { qualified } from '#studio/catalog'
import { Badge, Button, EmptyState, bytes, count } from '#studio/ui'
import { Listing, useStatement } from './listing.tsx'

interface PartProps {
  readonly projectRef: string
}

type EnumRow = Answer<'GET catalog/enums'>[number]

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

type IndexRow = Answer<'GET catalog/indexes'>[number]

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

type RoleRow = Answer<'GET catalog/roles'>[number]

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
