/** The policies of one table, as the catalog has them. */
import { Play, Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useSession } from '#studio/api'
import { qualified, useCatalog, useRelation } from '#studio/catalog'
import type { PolicyInfo, Relation } from '#studio/catalog'
import { SqlDialog } from '#studio/ddl'
import { Link, hrefOf, usePlace } from '#studio/place'
import { Badge, Button, CodeSample, EmptyState, ErrorNotice, Loading, Notice } from '#studio/ui'
import { PatternSheet } from './pattern-sheet.tsx'
import { PolicyEditor } from './policy-editor.tsx'
import { createSql, draftOf, dropSql } from './policy-sql.ts'

interface Pending {
  readonly title: string
  readonly sql: string
  readonly name: string
  readonly warning?: string
}

/** `schema.name`; the schema has no dot, unless nothing else fits. */
export function useTable(projectRef: string, table: string | undefined) {
  const catalog = useCatalog(projectRef)
  const summary = catalog.data?.relations.find(({ schema, name }) => `${schema}.${name}` === table)
  return { catalog, summary, relation: useRelation(projectRef, summary?.oid) }
}

export function TablePolicies({
  projectRef,
  table,
}: {
  readonly projectRef: string
  readonly table: string
}): ReactElement {
  const { go } = usePlace()
  const { catalog, summary, relation } = useTable(projectRef, table)
  const error = catalog.error ?? relation.error
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void relation.refetch()} />
  if (catalog.data !== undefined && summary === undefined)
    return (
      <EmptyState
        title={`There is no table ${table}`}
        action={<Button onClick={() => go({ path: [], search: {} })}>All tables</Button>}
      >
        It may have been dropped or renamed.
      </EmptyState>
    )
  if (relation.data === undefined) return <Loading rows={8} />
  return <Policies projectRef={projectRef} relation={relation.data} />
}

function Policies({
  projectRef,
  relation,
}: {
  readonly projectRef: string
  readonly relation: Relation
}): ReactElement {
  const { search, setSearch, href } = usePlace()
  const refused = refusal(useSession().data?.operator?.role, 'developer')
  const [pending, setPending] = useState<Pending | null>(null)
  const name = qualified(relation.schema, relation.name)
  const edited = relation.policies.find((policy) => policy.name === search['policy'])
  const panel = search['new']
  const close = (): void => setSearch({ new: null, policy: null })
  const write = (what: 'policy' | 'pattern') => (): void => setSearch({ new: what })
  return (
    <>
      <TableHead
        projectRef={projectRef}
        relation={relation}
        refused={refused}
        onSql={setPending}
        onWrite={write}
      />
      {relation.policies.length === 0 ? (
        <NoPolicies relation={relation} refused={refused} onWrite={write('pattern')} />
      ) : (
        relation.policies.map((policy) => (
          <PolicyCard
            key={policy.name}
            relation={relation}
            policy={policy}
            refused={refused}
            onAlter={() => setSearch({ policy: policy.name })}
            onDrop={() =>
              setPending({
                title: `Drop policy ${policy.name}`,
                sql: dropSql(relation, policy.name),
                name: `drop_policy_of_${relation.name}`,
                warning: policy.permissive
                  ? `Rows of ${name} that only “${policy.name}” lets pass cannot be reached any more.`
                  : `“${policy.name}” is restrictive: without it more rows of ${name} can be reached.`,
              })
            }
          />
        ))
      )}
      <p className="muted small">
        <Link href={href({ path: ['advisors'], search: {} })}>Advisors</Link> say what could be
        better.
      </p>
      {(panel === 'policy' || edited !== undefined) && (
        <PolicyEditor
          projectRef={projectRef}
          relation={relation}
          policy={edited ?? null}
          onClose={close}
        />
      )}
      {panel === 'pattern' && (
        <PatternSheet projectRef={projectRef} relation={relation} onClose={close} />
      )}
      <SqlDialog
        projectRef={projectRef}
        title={pending?.title ?? ''}
        sql={pending?.sql ?? null}
        migrationName={pending?.name ?? ''}
        warning={pending?.warning}
        onClose={() => setPending(null)}
      />
    </>
  )
}

function TableHead({
  projectRef,
  relation,
  refused,
  onSql,
  onWrite,
}: {
  readonly projectRef: string
  readonly relation: Relation
  readonly refused: string | null
  readonly onSql: (pending: Pending) => void
  readonly onWrite: (what: 'policy' | 'pattern') => () => void
}): ReactElement {
  const { href } = usePlace()
  const name = qualified(relation.schema, relation.name)
  const turn = (): void => {
    const on = !relation.rls_enabled
    onSql({
      title: `${on ? 'Enable' : 'Disable'} row level security on ${relation.name}`,
      sql: `alter table ${name} ${on ? 'enable' : 'disable'} row level security;`,
      name: `${on ? 'enable' : 'disable'}_rls_on_${relation.name}`,
      warning: on
        ? relation.policies.length === 0
          ? 'Without a policy anon and authenticated see no rows.'
          : 'From then on its policies decide.'
        : `Whoever has a grant on ${name} reads and writes every row of it; its ${relation.policies.length} policies are not asked.`,
    })
  }
  return (
    <div className="row wrap">
      <Link href={href({ path: [], search: {} })}>All tables</Link>
      <h2>
        {relation.schema}.{relation.name}
      </h2>
      {relation.rls_enabled ? <Badge kind="ok">RLS on</Badge> : <Badge kind="warn">RLS off</Badge>}
      <span className="spacer" />
      <Link
        className="button"
        href={hrefOf({
          ref: projectRef,
          section: 'policies',
          path: ['try'],
          search: { table: `${relation.schema}.${relation.name}` },
        })}
      >
        <Play size={14} aria-hidden /> Try it
      </Link>
      <Button refusal={refused} onClick={turn}>
        {relation.rls_enabled ? 'Disable RLS' : 'Enable RLS'}
      </Button>
      <Button refusal={refused} onClick={onWrite('pattern')}>
        From a pattern
      </Button>
      <Button kind="primary" refusal={refused} onClick={onWrite('policy')}>
        <Plus size={14} aria-hidden /> Write a policy
      </Button>
    </div>
  )
}

function NoPolicies({
  relation,
  refused,
  onWrite,
}: {
  readonly relation: Relation
  readonly refused: string | null
  readonly onWrite: () => void
}): ReactElement {
  if (!relation.rls_enabled)
    return (
      <Notice kind="warn">
        RLS is off: every role with a grant reads and writes every row, and no policy is asked.
      </Notice>
    )
  return (
    <EmptyState
      title="No policies yet"
      action={
        <Button kind="primary" refusal={refused} onClick={onWrite}>
          Write a policy from a pattern
        </Button>
      }
      command="basalt migration new policies"
    >
      RLS is on and no policy exists: anon and authenticated see no rows.
    </EmptyState>
  )
}

function PolicyCard({
  relation,
  policy,
  refused,
  onAlter,
  onDrop,
}: {
  readonly relation: Relation
  readonly policy: PolicyInfo
  readonly refused: string | null
  readonly onAlter: () => void
  readonly onDrop: () => void
}): ReactElement {
  return (
    <section className="card" aria-label={policy.name}>
      <header>
        <h3 className="policy-name">{policy.name}</h3>
        <Badge>{policy.command.toLowerCase()}</Badge>
        {!policy.permissive && <Badge kind="info">restrictive</Badge>}
        <span className="muted">to {policy.roles.join(', ')}</span>
        <span className="spacer" />
        <Button
          size="small"
          refusal={refused}
          onClick={onAlter}
          aria-label={`Alter ${policy.name}`}
        >
          Alter
        </Button>
        <Button size="small" refusal={refused} onClick={onDrop} aria-label={`Drop ${policy.name}`}>
          Drop
        </Button>
      </header>
      <div className="body stack tight">
        {policy.comment !== null && <p>{policy.comment}</p>}
        <dl className="facts">
          <dt>USING</dt>
          <dd>
            {policy.using === null ? (
              <span className="muted">none</span>
            ) : (
              <code>{policy.using}</code>
            )}
          </dd>
          <dt>WITH CHECK</dt>
          <dd>
            {policy.check === null ? (
              <span className="muted">
                {policy.command === 'ALL' || policy.command === 'UPDATE'
                  ? 'none: USING is asked of new rows too'
                  : 'none'}
              </span>
            ) : (
              <code>{policy.check}</code>
            )}
          </dd>
        </dl>
        <CodeSample
          code={createSql(relation, draftOf(policy))}
          label={`SQL of ${policy.name}`}
          wrap
        />
      </div>
    </section>
  )
}
