/** Projects of the fleet: all of them, or one with its settings. */
import './projects.css'
import { Plus } from 'lucide-react'
import type { ReactElement } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import { Link, hrefOf, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  DataTable,
  EmptyState,
  ErrorNotice,
  Loading,
  Page,
  SearchField,
  ago,
  count,
  milliseconds,
} from '#studio/ui'
import { NewProject } from './new-project.tsx'
import { statusKinds, useProjects } from './project.ts'
import type { ProjectRow } from './project.ts'
import { ProjectView } from './project-view.tsx'

export function ProjectsSection(): ReactElement {
  const { path } = usePlace()
  const [ref] = path
  return ref === undefined ? <AllProjects /> : <ProjectView key={ref} projectRef={ref} />
}

function AllProjects(): ReactElement {
  const { search, setSearch } = usePlace()
  const projects = useProjects()
  const refused = refusal(useSession().data?.operator?.role, 'admin')
  const { data, error } = projects
  const words = (search['q'] ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const found = (data ?? []).filter(({ ref, name }) =>
    words.every((word) => `${ref} ${name}`.toLowerCase().includes(word)),
  )
  const create = (
    <Button kind="primary" refusal={refused} onClick={() => setSearch({ new: 'project' })}>
      <Plus size={14} aria-hidden /> Create project
    </Button>
  )
  return (
    <Page title="Projects" about="Each has a database of its own." actions={create} wide>
      {error !== null && <ErrorNotice error={error} onRetry={() => void projects.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && (
        <EmptyState
          title="No projects yet"
          command="basalt projects create shop --db-url postgres://…"
        >
          Create one in an empty database, or ask to be made a member of one.
        </EmptyState>
      )}
      {data !== undefined && data.length > 0 && (
        <>
          <div style={{ maxWidth: 320 }}>
            <SearchField
              label="Search projects"
              value={search['q'] ?? ''}
              onChange={(event) => setSearch({ q: event.target.value }, { replace: true })}
            />
          </div>
          <ProjectTable rows={found} />
        </>
      )}
      {search['new'] === 'project' && <NewProject onClose={() => setSearch({ new: null })} />}
    </Page>
  )
}

function ProjectTable({ rows }: { readonly rows: readonly ProjectRow[] }): ReactElement {
  return (
    <DataTable
      label="Projects"
      rows={rows}
      rowKey={({ ref }) => ref}
      columns={[
        {
          name: 'Project',
          cell: ({ ref, name, status }) => (
            <div className="stack" style={{ gap: 0 }}>
              {status === 'deleted' ? (
                <span>{name}</span>
              ) : (
                <Link href={hrefOf({ ref, section: 'tables' })}>{name}</Link>
              )}
              <span className="muted small mono">{ref}</span>
            </div>
          ),
          sort: ({ name }) => name,
        },
        {
          name: 'Status',
          cell: ({ status }) => <Badge kind={statusKinds[status]}>{status}</Badge>,
          sort: ({ status }) => status,
        },
        {
          name: 'Database',
          cell: ({ ref, status }) => (status === 'deleted' ? '' : <Health projectRef={ref} />),
        },
        { name: 'Requests, 24 h', cell: ({ ref }) => <Usage projectRef={ref} />, align: 'number' },
        { name: 'Made', cell: (row) => ago(row.created_at), sort: (row) => row.created_at },
        {
          name: '',
          cell: ({ ref, name }) => (
            <Link
              className="button small"
              aria-label={`Settings of ${name}`}
              href={hrefOf({ ref: '', section: 'projects', path: [ref] })}
            >
              Settings
            </Link>
          ),
        },
      ]}
    />
  )
}

interface HealthView {
  readonly database: { readonly reachable: boolean; readonly ms?: number; readonly reason?: string }
}

function Health({ projectRef }: { readonly projectRef: string }): ReactElement | null {
  const health = useProject<HealthView>(projectRef, 'health', { everyMs: 15_000 })
  if (health.error !== null) return <span className="muted">unknown</span>
  if (health.data === undefined) return null
  const { reachable, ms, reason } = health.data.database
  return reachable ? (
    <Badge kind="ok">{ms === undefined ? 'answers' : milliseconds(ms)}</Badge>
  ) : (
    <span>
      <Badge kind="danger">no answer</Badge> <span className="muted small">{reason}</span>
    </span>
  )
}

interface UsageHour {
  readonly requests: number
  readonly errors: number
}

function Usage({ projectRef }: { readonly projectRef: string }): ReactElement | null {
  const usage = useProject<readonly UsageHour[]>(projectRef, 'usage')
  if (usage.data === undefined) return null
  const sum = (name: keyof UsageHour): number =>
    usage.data.reduce((total, hour) => total + hour[name], 0)
  const errors = sum('errors')
  return (
    <span>
      {count(sum('requests'))}
      {errors > 0 && <span className="problem-count"> · {count(errors)} failed</span>}
    </span>
  )
}
