/** Which rows of which table each role can reach: one line a table, one cell a role and command. */
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { useCatalog } from '#studio/catalog'
import { Link, usePlace } from '#studio/place'
import { Badge, EmptyState, ErrorNotice, Hint, Loading, Select } from '#studio/ui'

type Verdict = 'all' | 'none' | 'some' | 'no grant'

interface Cell {
  readonly role: string
  readonly command: string
  readonly verdict: Verdict
  readonly grant: 'table' | 'columns' | 'none'
  readonly rls: boolean
  readonly policies: readonly string[]
}

interface MatrixRow {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly rls_enabled: boolean
  readonly rls_forced: boolean
  readonly cells: readonly Cell[]
}

const commands = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

export function Matrix({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const schema = search['schema'] ?? 'public'
  const catalog = useCatalog(projectRef)
  const matrix = useProject<readonly MatrixRow[]>(projectRef, 'policies/matrix', {
    query: { schema },
  })
  const schemas = catalog.data?.schemas ?? [schema]
  return (
    <>
      <div className="row wrap">
        <Select
          aria-label="Schema"
          style={{ width: 200 }}
          value={schema}
          options={schemas.includes(schema) ? schemas : [schema, ...schemas]}
          onChange={({ target }) =>
            setSearch({ schema: target.value === 'public' ? null : target.value })
          }
        />
        <span className="muted small">
          all: every row · some: policies decide · none: no policy lets a row pass · no grant: the
          role may not use the table at all
        </span>
      </div>
      {matrix.error !== null && (
        <ErrorNotice error={matrix.error} onRetry={() => void matrix.refetch()} />
      )}
      {matrix.data === undefined && matrix.error === null && <Loading rows={8} />}
      {matrix.data?.length === 0 && (
        <EmptyState
          title={`No tables in ${schema}`}
          command="basalt migration new create_todos"
          action={
            <Link className="button primary" href={`/p/${projectRef}/tables?new=table`}>
              Create table
            </Link>
          }
        >
          Policies belong to tables.
        </EmptyState>
      )}
      {matrix.data !== undefined && matrix.data.length > 0 && <MatrixTable rows={matrix.data} />}
    </>
  )
}

function MatrixTable({ rows }: { readonly rows: readonly MatrixRow[] }): ReactElement {
  const { href } = usePlace()
  const roles = [...new Set(rows.flatMap(({ cells }) => cells.map(({ role }) => role)))]
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label="Policies by table and role">
      <table className="table matrix">
        <thead>
          <tr>
            <th rowSpan={2} scope="col">
              Table
            </th>
            <th rowSpan={2} scope="col">
              RLS
            </th>
            {roles.map((role) => (
              <th key={role} colSpan={4} scope="colgroup" className="role">
                {role}
              </th>
            ))}
          </tr>
          <tr>
            {roles.flatMap((role) =>
              commands.map((command) => (
                <th key={`${role} ${command}`} scope="col" className="command">
                  {command.toLowerCase()}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.oid}>
              <th scope="row">
                <Link href={href({ search: { table: `${row.schema}.${row.name}` } })}>
                  {row.name}
                </Link>
              </th>
              <td>
                {row.rls_enabled ? (
                  <Badge kind="ok">{row.rls_forced ? 'forced' : 'on'}</Badge>
                ) : (
                  <Badge kind="warn">off</Badge>
                )}
              </td>
              {roles.flatMap((role) =>
                commands.map((command) => (
                  <MatrixCell
                    key={`${role} ${command}`}
                    cell={row.cells.find((it) => it.role === role && it.command === command)}
                  />
                )),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function MatrixCell({ cell }: { readonly cell: Cell | undefined }): ReactElement {
  if (cell === undefined) return <td />
  return (
    <td className={`verdict ${cell.verdict.replace(' ', '-')}`}>
      <Hint text={why(cell)}>
        <span tabIndex={0}>{cell.verdict}</span>
      </Hint>
    </td>
  )
}

function why({ verdict, grant, rls, policies }: Cell): string {
  if (verdict === 'no grant') return 'Nothing is granted to the role'
  const limits = grant === 'columns' ? ' Some columns only.' : ''
  if (!rls) return `No policy is asked of this role: every row.${limits}`
  if (policies.length === 0) return `RLS is on and no policy is for this.${limits}`
  return `${policies.join(', ')}.${limits}`
}
