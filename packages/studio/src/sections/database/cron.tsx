/** Jobs that run by the clock, and how their runs went. */
import { Plus } from 'lucide-react'
import type { ReactElement } from 'react'
import type { Answer } from '#studio/api'
import { useProject } from '#studio/api'
import { literal } from '#studio/catalog'
import { useDraft, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  DataTable,
  EmptyState,
  ErrorNotice,
  Hint,
  Loading,
  Page,
  Sheet,
  TextArea,
  TextField,
  ago,
  clockTime,
  milliseconds,
} from '#studio/ui'
import { useStatement } from './listing.tsx'
import type { Statement } from './listing.tsx'
import { NeedsExtension } from './needs-extension.tsx'

type Job = CronView['jobs'][number]

type CronView = Answer<'GET catalog/cron'>

export function Cron({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const { ask, dialog, refused } = useStatement(projectRef)
  const cron = useProject<CronView>(projectRef, 'catalog/cron', { everyMs: 3000 })
  const { data, error } = cron
  return (
    <Page
      title="Cron jobs"
      about="SQL that Postgres runs by the clock (pg_cron)."
      wide
      actions={
        data?.available === true && (
          <Button kind="primary" refusal={refused} onClick={() => setSearch({ new: 'job' })}>
            <Plus size={14} aria-hidden /> Create job
          </Button>
        )
      }
    >
      {error !== null && <ErrorNotice error={error} onRetry={() => void cron.refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data?.available === false && (
        <NeedsExtension projectRef={projectRef} name="pg_cron" title="Cron jobs need pg_cron">
          Enabled, it runs SQL by the clock.
        </NeedsExtension>
      )}
      {data?.available === true && (
        <>
          {data.jobs.length === 0 ? (
            <EmptyState
              title="No jobs yet"
              command="select cron.schedule('nightly', '0 3 * * *', 'vacuum');"
            >
              Create one, for instance to delete what is old each night.
            </EmptyState>
          ) : (
            <Jobs jobs={data.jobs} refused={refused} onSql={ask} />
          )}
          <Runs view={data} />
        </>
      )}
      {search['new'] === 'job' && (
        <NewJob projectRef={projectRef} onClose={() => setSearch({ new: null })} onSql={ask} />
      )}
      {dialog}
    </Page>
  )
}

const nameOf = ({ id, name }: Job): string => name ?? `job ${id}`

function Jobs({
  jobs,
  refused,
  onSql,
}: {
  readonly jobs: readonly Job[]
  readonly refused: string | null
  readonly onSql: (statement: Statement) => void
}): ReactElement {
  const actions = (job: Job): readonly (readonly [string, Statement])[] => [
    [
      'Run now',
      {
        title: `Run ${nameOf(job)} now`,
        sql: job.command,
        name: 'run_job',
        isOnce: true,
        warning: 'Runs what the job does once, as postgres; it is not listed among its runs.',
      },
    ],
    [
      job.active ? 'Pause' : 'Resume',
      {
        title: `${job.active ? 'Pause' : 'Resume'} ${nameOf(job)}`,
        sql: `select cron.alter_job(${job.id}, active := ${String(!job.active)});`,
        name: 'alter_job',
        isOnce: true,
      },
    ],
    [
      'Unschedule',
      {
        title: `Unschedule ${nameOf(job)}`,
        sql:
          job.name === null
            ? `select cron.unschedule(${job.id});`
            : `select cron.unschedule(${literal(job.name)});`,
        name: 'unschedule_job',
        warning: 'The job is gone, and does not run any more.',
      },
    ],
  ]
  return (
    <DataTable
      label="Jobs"
      rows={jobs}
      rowKey={({ id }) => id}
      columns={[
        { name: 'Name', cell: nameOf, sort: nameOf },
        { name: 'Schedule', cell: ({ schedule }) => <code>{schedule}</code> },
        { name: 'Command', cell: ({ command }) => <code className="pre-line">{command}</code> },
        { name: 'As', cell: ({ username }) => username },
        {
          name: 'State',
          cell: ({ active }) =>
            active ? <Badge kind="ok">active</Badge> : <Badge kind="warn">paused</Badge>,
        },
        {
          name: '',
          cell: (job) => (
            <span className="row">
              {actions(job).map(([label, statement]) => (
                <Button
                  key={label}
                  size="small"
                  refusal={refused}
                  aria-label={`${label}: ${nameOf(job)}`}
                  onClick={() => onSql(statement)}
                >
                  {label}
                </Button>
              ))}
            </span>
          ),
        },
      ]}
    />
  )
}

function Runs({ view: { jobs, runs } }: { readonly view: CronView }): ReactElement {
  if (runs.length === 0) return <p className="muted">No run yet.</p>
  const names = new Map(jobs.map((job) => [job.id, nameOf(job)]))
  return (
    <section className="stack tight">
      <h2>Runs</h2>
      <DataTable
        label="Runs"
        rows={runs}
        rowKey={({ id }) => id}
        columns={[
          {
            name: 'Job',
            cell: ({ job_id: job }) => (job === null ? '' : (names.get(job) ?? `job ${job}, gone`)),
          },
          {
            name: 'Result',
            cell: ({ status }) => (
              <Badge kind={status === 'succeeded' ? 'ok' : status === 'failed' ? 'danger' : 'info'}>
                {status ?? 'unknown'}
              </Badge>
            ),
          },
          { name: 'Message', cell: ({ message }) => message ?? '' },
          {
            name: 'Began',
            cell: ({ started_at: at }) =>
              at !== null && (
                <Hint text={clockTime(at)}>
                  <span>{ago(at)}</span>
                </Hint>
              ),
          },
          {
            name: 'Took',
            cell: ({ ms }) => (ms === null ? '' : milliseconds(ms)),
            align: 'number',
          },
        ]}
      />
    </section>
  )
}

function NewJob({
  projectRef,
  onClose,
  onSql,
}: {
  readonly projectRef: string
  readonly onClose: () => void
  readonly onSql: (statement: Statement) => void
}): ReactElement {
  const [draft, setDraft] = useDraft(`job ${projectRef}`, {
    name: '',
    schedule: '0 3 * * *',
    command: '',
  })
  const set = (name: keyof typeof draft) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [name]: event.target.value })
  const { name, schedule, command } = draft
  const review = (): void => {
    onSql({
      title: `Create job ${name}`,
      sql: `select cron.schedule(${literal(name)}, ${literal(schedule)}, ${literal(command)});`,
      name: `schedule_${name.replaceAll(/[^\w-]+/g, '_')}`,
    })
    onClose()
  }
  return (
    <Sheet
      open
      onClose={onClose}
      title="Create job"
      onSubmit={review}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit">
            Review SQL
          </Button>
        </>
      }
    >
      <TextField label="Name" required value={name} onChange={set('name')} />
      <TextField
        label="Schedule"
        help="Minute, hour, day, month, weekday in UTC: 0 3 * * * is each night at three. Or 30 seconds."
        mono
        required
        value={schedule}
        onChange={set('schedule')}
      />
      <TextArea label="Command" mono rows={6} required value={command} onChange={set('command')} />
    </Sheet>
  )
}
