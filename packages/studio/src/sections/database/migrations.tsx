/** Migrations: files and what the database has of them, the newest first. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useChange, useForget, useProject, useSession } from '#studio/api'
import { usePlace } from '#studio/place'
import {
  Badge,
  Button,
  CodeSample,
  ConfirmDialog,
  EmptyState,
  ErrorNotice,
  Loading,
  Notice,
  Page,
  Sheet,
  plural,
  toast,
} from '#studio/ui'
import { List, useStatement } from './listing.tsx'

interface Migration {
  readonly version: string
  readonly name: string | null
  readonly applied: boolean
  readonly file: string | null
}

export function Migrations({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const refused = refusal(useSession().data?.operator?.role, 'developer')
  const migrations = useProject<readonly Migration[]>(projectRef, 'migrations')
  const forget = useForget(projectRef)
  const apply = useChange<{ applied: readonly string[] }>(projectRef, ['migrations', 'catalog'])
  const [isAsking, setIsAsking] = useState(false)
  const { ask, dialog } = useStatement(projectRef)
  const pending = (migrations.data ?? []).filter(({ applied }) => !applied)
  const newest = { ...migrations, data: migrations.data?.toReversed() }
  const run = async (): Promise<void> => {
    const { applied } = await apply.mutateAsync({ method: 'POST', path: 'migrations/apply' })
    await forget('policies', 'advisors', 'relations')
    setIsAsking(false)
    toast(`${plural(applied.length, 'migration')} applied`)
  }
  return (
    <Page
      title="Migrations"
      about="The steps that made this schema. A new database is made by the same ones."
      wide
      actions={
        <Button
          kind="primary"
          refusal={refused}
          onClick={() => ask({ title: 'New migration', sql: '-- what it does\n', name: 'change' })}
        >
          New migration
        </Button>
      }
    >
      {pending.length > 0 && (
        <Notice
          kind="warn"
          actions={
            <Button size="small" refusal={refused} onClick={() => setIsAsking(true)}>
              Apply {plural(pending.length, 'migration')}
            </Button>
          }
        >
          {plural(pending.length, 'file')} in supabase/migrations{' '}
          {pending.length === 1 ? 'is' : 'are'} not applied yet.
        </Notice>
      )}
      <List
        what="migrations"
        rows={newest as typeof migrations}
        rowKey={({ version }) => version}
        textOf={({ version, name }) => `${version} ${name ?? ''}`}
        onOpen={({ version }) => setSearch({ migration: version })}
        empty={
          <EmptyState title="No migrations yet" command="basalt migration new create_todos">
            Changes made in Studio become one, or write a file.
          </EmptyState>
        }
        columns={[
          {
            name: 'Version',
            cell: ({ version }) => (
              <button
                type="button"
                className="link-button mono"
                onClick={() => setSearch({ migration: version })}
              >
                {version}
              </button>
            ),
            sort: ({ version }) => version,
          },
          { name: 'Name', cell: ({ name }) => name ?? '', sort: ({ name }) => name ?? '' },
          {
            name: 'State',
            cell: ({ applied, file }) => (
              <span className="row wrap">
                {applied ? <Badge kind="ok">applied</Badge> : <Badge kind="warn">pending</Badge>}
                {file === null && <Badge>no file</Badge>}
              </span>
            ),
          },
          { name: 'File', cell: ({ file }) => <code>{file ?? ''}</code> },
        ]}
      />
      {search['migration'] !== undefined && (
        <MigrationSheet
          projectRef={projectRef}
          version={search['migration']}
          onClose={() => setSearch({ migration: null })}
        />
      )}
      <ConfirmDialog
        open={isAsking}
        title="Apply what is pending?"
        action={`Apply ${plural(pending.length, 'migration')}`}
        onClose={() => setIsAsking(false)}
        onConfirm={run}
      >
        {pending.map(({ version, name }) => (
          <p key={version}>
            <code>
              {version} {name}
            </code>
          </p>
        ))}
      </ConfirmDialog>
      {dialog}
    </Page>
  )
}

function MigrationSheet({
  projectRef,
  version,
  onClose,
}: {
  readonly projectRef: string
  readonly version: string
  readonly onClose: () => void
}): ReactElement {
  const migration = useProject<{ sql: string }>(
    projectRef,
    `migrations/${encodeURIComponent(version)}`,
    { keepsOld: false },
  )
  return (
    <Sheet open wide onClose={onClose} title={`Migration ${version}`}>
      {migration.error !== null && (
        <ErrorNotice error={migration.error} onRetry={() => void migration.refetch()} />
      )}
      {migration.data === undefined && migration.error === null && <Loading />}
      {migration.data !== undefined && (
        <CodeSample code={migration.data.sql} label={`SQL of ${version}`} />
      )}
    </Sheet>
  )
}
