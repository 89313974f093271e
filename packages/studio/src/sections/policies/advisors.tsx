/** What a schema could do better, the gravest first; what somebody does not want to hear is kept away in this browser. */
import { EyeOff, RefreshCw } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { refusal, useProject, useSession } from '#studio/api'
import { SqlDialog } from '#studio/ddl'
import { Link, hrefOf, usePlace } from '#studio/place'
import {
  Badge,
  Button,
  Check,
  CodeSample,
  EmptyState,
  ErrorNotice,
  Loading,
  Segments,
  Select,
} from '#studio/ui'

interface Finding {
  readonly name: string
  readonly level: 'ERROR' | 'WARN' | 'INFO'
  readonly category: 'security' | 'performance'
  readonly title: string
  readonly description: string
  readonly schema: string | null
  readonly object: string
  readonly detail: string
  readonly remedy: string
  readonly fix_sql: string | null
}

const kinds = { ERROR: 'danger', WARN: 'warn', INFO: 'info' } as const
const words = { ERROR: 'error', WARN: 'warning', INFO: 'notice' } as const
const keyOf = ({ name, schema, object, detail }: Finding): string =>
  [name, schema, object, detail].join('|')

export function Advisors({ projectRef }: { readonly projectRef: string }): ReactElement {
  const { search, setSearch } = usePlace()
  const advisors = useProject<readonly Finding[]>(projectRef, 'advisors')
  const [ignored, setIgnored] = useIgnored(projectRef)
  const [fix, setFix] = useState<Finding | null>(null)
  const category = search['category'] ?? 'all'
  const level = search['level'] ?? ''
  const showsIgnored = search['ignored'] === 'shown'
  const fitting = (advisors.data ?? []).filter(
    (it) =>
      (category === 'all' || it.category === category) && (level === '' || it.level === level),
  )
  const found = fitting.filter((it) => showsIgnored || !ignored.has(keyOf(it)))
  return (
    <>
      <div className="row wrap">
        <Segments
          label="Category"
          value={category}
          options={[
            { value: 'all', label: 'All' },
            { value: 'security', label: 'Security' },
            { value: 'performance', label: 'Performance' },
          ]}
          onChange={(value) => setSearch({ category: value === 'all' ? null : value })}
        />
        <Select
          aria-label="Level"
          style={{ width: 150 }}
          value={level}
          options={[
            { value: '', label: 'Every level' },
            { value: 'ERROR', label: 'Errors' },
            { value: 'WARN', label: 'Warnings' },
            { value: 'INFO', label: 'Notices' },
          ]}
          onChange={(event) => setSearch({ level: event.target.value })}
        />
        <Check
          label={`Show ignored (${fitting.filter((it) => ignored.has(keyOf(it))).length})`}
          checked={showsIgnored}
          onChange={(event) => setSearch({ ignored: event.target.checked ? 'shown' : null })}
        />
        <span className="spacer" />
        <Button disabled={advisors.isFetching} onClick={() => void advisors.refetch()}>
          <RefreshCw size={14} aria-hidden /> Run again
        </Button>
      </div>
      {advisors.error !== null && (
        <ErrorNotice error={advisors.error} onRetry={() => void advisors.refetch()} />
      )}
      {advisors.data === undefined && advisors.error === null && <Loading rows={8} />}
      {advisors.data !== undefined && found.length === 0 && (
        <EmptyState title="Nothing to say">
          Nothing is found{fitting.length > 0 ? ' besides what is ignored' : ''}.
        </EmptyState>
      )}
      <ul className="stack tight" aria-label="Findings">
        {found.map((finding) => (
          <FindingCard
            key={keyOf(finding)}
            projectRef={projectRef}
            finding={finding}
            isIgnored={ignored.has(keyOf(finding))}
            onIgnore={() => setIgnored(keyOf(finding))}
            onFix={() => setFix(finding)}
          />
        ))}
      </ul>
      <SqlDialog
        projectRef={projectRef}
        title={fix?.title ?? ''}
        sql={fix?.fix_sql ?? null}
        migrationName={`fix_${fix?.name ?? ''}`}
        onClose={() => setFix(null)}
      />
    </>
  )
}

function FindingCard({
  projectRef,
  finding,
  isIgnored,
  onIgnore,
  onFix,
}: {
  readonly projectRef: string
  readonly finding: Finding
  readonly isIgnored: boolean
  readonly onIgnore: () => void
  readonly onFix: () => void
}): ReactElement {
  const refused = refusal(useSession().data?.operator?.role, 'developer')
  const { level, title, schema, object, detail, description, remedy } = finding
  const name = schema === null ? object : `${schema}.${object}`
  return (
    <li className="card" data-finding={finding.name}>
      <header>
        <Badge kind={kinds[level]}>{words[level]}</Badge>
        <h3>{title}</h3>
        {finding.name.includes('rls') || finding.name.includes('policies') ? (
          <Link
            className="policy-name"
            href={hrefOf({ ref: projectRef, section: 'policies', search: { table: name } })}
          >
            {name}
          </Link>
        ) : (
          <code className="policy-name">{name}</code>
        )}
        <span className="spacer" />
        <Button
          size="small"
          kind="quiet"
          aria-label={`${isIgnored ? 'Hear again' : 'Ignore'}: ${detail}`}
          onClick={onIgnore}
        >
          <EyeOff size={13} aria-hidden /> {isIgnored ? 'Hear again' : 'Ignore'}
        </Button>
        {finding.fix_sql !== null && (
          <Button size="small" refusal={refused} aria-label={`Fix ${detail}`} onClick={onFix}>
            Fix
          </Button>
        )}
      </header>
      <div className="body stack tight">
        <p>{detail}</p>
        <p className="muted">
          {description} {remedy}
        </p>
        {finding.fix_sql !== null && (
          <CodeSample code={finding.fix_sql} label={`fix of ${object}`} wrap />
        )}
      </div>
    </li>
  )
}

/** By key, of this browser; setting one twice takes it away. */
function useIgnored(projectRef: string): [ReadonlySet<string>, (key: string) => void] {
  const place = `advisors-ignored:${projectRef}`
  const [ignored, setIgnored] = useState<ReadonlySet<string>>(() => {
    try {
      return new Set(JSON.parse(localStorage.getItem(place) ?? '[]') as string[])
    } catch {
      return new Set()
    }
  })
  const toggle = (key: string): void => {
    const next = new Set(ignored)
    if (!next.delete(key)) next.add(key)
    localStorage.setItem(place, JSON.stringify([...next]))
    setIgnored(next)
  }
  return [ignored, toggle]
}
