/** Extensions: what can be enabled, and what is. */
import type { ReactElement } from 'react'
import { ident } from '#studio/catalog'
import { Badge, Button, EmptyState } from '#studio/ui'
import { Listing, useStatement } from './listing.tsx'

interface ExtensionRow {
  readonly name: string
  readonly installed_version: string | null
  readonly default_version: string | null
  readonly schema: string | null
  readonly comment: string | null
}

/** They choose their schema themselves. */
const ownSchema = new Set([
  'pg_cron',
  'pgmq',
  'pg_net',
  'supabase_vault',
  'pgsodium',
  'pg_tle',
  'plpgsql',
])

export function Extensions({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { ask, dialog, refused } = useStatement(projectRef)
  const turn = ({ name, installed_version: version }: ExtensionRow): void =>
    ask(
      version === null
        ? {
            title: `Enable ${name}`,
            sql: `create extension if not exists ${ident(name)}${ownSchema.has(name) ? '' : ' with schema extensions'};`,
            name: `enable_${name.replaceAll('-', '_')}`,
          }
        : {
            title: `Disable ${name}`,
            sql: `drop extension ${ident(name)};`,
            name: `disable_${name.replaceAll('-', '_')}`,
            warning: `Drops every object that ${name} made. Postgres refuses while something of yours needs them; with cascade that would go too.`,
          },
    )
  return (
    <Listing<ExtensionRow>
      projectRef={projectRef}
      path="catalog/extensions"
      title="Extensions"
      about="What this Postgres can do besides; enabled by a migration, so that other databases have it too."
      rowKey={({ name }) => name}
      textOf={({ name, comment, installed_version: version }) =>
        `${name} ${comment ?? ''} ${version === null ? '' : 'enabled'}`
      }
      empty={<EmptyState title="This Postgres has no extensions" />}
      columns={[
        { name: 'Name', cell: ({ name }) => <code>{name}</code>, sort: ({ name }) => name },
        {
          name: 'State',
          cell: ({ installed_version: version, schema }) =>
            version === null ? (
              <span className="muted">not enabled</span>
            ) : (
              <Badge kind="ok">
                {version} in {schema}
              </Badge>
            ),
          sort: ({ installed_version: version }) => (version === null ? 1 : 0),
        },
        { name: 'What it is', cell: ({ comment }) => comment ?? '' },
        {
          name: '',
          cell: (row) => (
            <Button
              size="small"
              refusal={row.name === 'plpgsql' ? 'Postgres itself needs it' : refused}
              aria-label={`${row.installed_version === null ? 'Enable' : 'Disable'} ${row.name}`}
              onClick={() => turn(row)}
            >
              {row.installed_version === null ? 'Enable' : 'Disable'}
            </Button>
          ),
        },
      ]}
    >
      {dialog}
    </Listing>
  )
}
