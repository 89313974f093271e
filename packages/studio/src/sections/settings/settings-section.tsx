/** Section Settings: every option with its sentence, where its value is from, and what may be typed instead. */
import './settings.css'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { ApiError, refusal, useChange, useProject, useSession } from '#studio/api'
import { Link, useDraft, usePlace } from '#studio/place'
import {
  Button,
  Check,
  EmptyState,
  ErrorNotice,
  Loading,
  Page,
  SearchField,
  Split,
  plural,
  toast,
} from '#studio/ui'
import { treeOf, valueOf } from './option.ts'
import type { ConfigOption, Typed } from './option.ts'
import { OptionField } from './option-field.tsx'

interface Problem {
  readonly key: string | null
  readonly message: string
}

export function SettingsSection(): ReactElement {
  const { ref, path, search, go } = usePlace()
  const options = useProject<readonly ConfigOption[]>(ref, 'config/schema')
  const sections = [...new Set((options.data ?? []).map(({ section }) => section))]
  const isWide = search['q'] !== undefined || search['changed'] !== undefined
  const section = path[0] ?? 'auth'
  if (options.data === undefined)
    return options.error === null ? (
      <Loading rows={10} />
    ) : (
      <div className="page-body">
        <ErrorNotice error={options.error} onRetry={() => void options.refetch()} />
      </div>
    )
  return (
    <Split
      sideLabel="Settings"
      isOpen={path[0] !== undefined || isWide}
      onBack={() => go({ path: [], search: {} })}
      side={<Side options={options.data} sections={sections} section={isWide ? null : section} />}
    >
      <Form projectRef={ref} options={options.data} section={section} />
    </Split>
  )
}

const labelOf = (section: string): string => (section === '' ? 'Project' : section)

function Side({
  options,
  sections,
  section,
}: {
  readonly options: readonly ConfigOption[]
  readonly sections: readonly string[]
  /** Null while something is searched. */
  readonly section: string | null
}): ReactElement {
  const { search, setSearch, href } = usePlace()
  return (
    <>
      <div className="side-head">
        <SearchField
          label="Search settings"
          value={search['q'] ?? ''}
          onChange={(event) => setSearch({ q: event.target.value }, { replace: true })}
        />
        <Check
          label={`Only changed ones (${options.filter(isSet).length})`}
          checked={search['changed'] !== undefined}
          onChange={(event) => setSearch({ changed: event.target.checked ? 'only' : null })}
        />
      </div>
      <div className="side-list">
        {sections.map((name) => (
          <Link
            key={name}
            className="side-item"
            href={href({ path: [name === '' ? 'project' : name], search: {} })}
            aria-current={(name || 'project') === section ? 'page' : undefined}
          >
            <span className="truncate">{labelOf(name)}</span>
          </Link>
        ))}
      </div>
    </>
  )
}

const isSet = ({ source }: ConfigOption): boolean => source !== 'default'

function shownOf(
  options: readonly ConfigOption[],
  section: string,
  search: Readonly<Record<string, string>>,
): readonly ConfigOption[] {
  const { q, changed } = search
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0 && changed === undefined)
    return options.filter((option) => (option.section || 'project') === section)
  return options.filter((option) => {
    const text = `${option.key} ${option.doc}`.toLowerCase()
    return (changed === undefined || isSet(option)) && words.every((word) => text.includes(word))
  })
}

function Form({
  projectRef,
  options,
  section,
}: {
  readonly projectRef: string
  readonly options: readonly ConfigOption[]
  readonly section: string
}): ReactElement {
  const { search } = usePlace()
  const refused = refusal(useSession().data?.operator?.role, 'admin')
  const form = useForm(projectRef, options)
  const shown = shownOf(options, section, search)
  const count = Object.keys(form.typed).length
  return (
    <>
      <div className="settings-list">
        <Page
          title={
            search['q'] !== undefined || search['changed'] !== undefined
              ? plural(shown.length, 'setting')
              : labelOf(section === 'project' ? '' : section)
          }
          about="What is saved here is in effect at once, and stands above config.toml."
        >
          {search['q'] !== undefined && <PhoneSearch />}
          {shown.length === 0 && (
            <EmptyState title="No setting is called that">
              Names and sentences are searched, in all sections.
            </EmptyState>
          )}
          <div className="stack">
            {shown.map((option) => (
              <OptionField
                key={option.key}
                option={option}
                typed={form.typed[option.key]}
                problem={form.problems.find(({ key }) => isOf(key, option.key))?.message ?? null}
                refused={refused}
                onChange={(text) => form.set(option, text)}
              />
            ))}
          </div>
        </Page>
      </div>
      {count > 0 && (
        <div className="settings-bar" role="region" aria-label="Changes">
          {form.error !== null && <ErrorNotice title="Nothing was saved" error={form.error} />}
          {form.problems.length > 0 && (
            <ul className="problem-list">
              {form.problems.map(({ key, message }) => (
                <li key={`${key} ${message}`}>
                  <code>{key}</code> {message}
                </li>
              ))}
            </ul>
          )}
          <div className="row wrap">
            <strong>{plural(count, 'change')}</strong>
            {/* on the left: what was said of the last change is on the right */}
            <Button
              kind="primary"
              refusal={refused}
              disabled={form.isBusy}
              onClick={() => void form.save()}
            >
              Save
            </Button>
            <Button onClick={form.discard}>Discard</Button>
            <span className="muted truncate">{Object.keys(form.typed).join(', ')}</span>
          </div>
        </div>
      )}
    </>
  )
}

/** On a phone the list with the other one is out of sight while something is searched. */
function PhoneSearch(): ReactElement {
  const { search, setSearch } = usePlace()
  return (
    <div className="settings-phone">
      <SearchField
        label="Search settings"
        autoFocus={matchMedia('(max-width: 720px)').matches}
        value={search['q'] ?? ''}
        onFocus={({ target }) => target.setSelectionRange(target.value.length, target.value.length)}
        onChange={(event) => setSearch({ q: event.target.value }, { replace: true })}
      />
    </div>
  )
}

/** A problem of a part of a table is one of the table. */
const isOf = (key: string | null, option: string): boolean =>
  key === option || (key ?? '').startsWith(`${option}.`)

/** Secrets are typed here too, and kept by nobody. */
function useForm(projectRef: string, options: readonly ConfigOption[]) {
  const [kept, setKept] = useDraft<Typed>(`settings ${projectRef}`, {})
  const [secret, setSecret] = useState<Typed>({})
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const [error, setError] = useState<unknown>(null)
  const change = useChange(projectRef, ['config', 'auth'])
  const typed: Typed = { ...kept, ...secret }
  const discard = (): void => {
    setKept({})
    setSecret({})
    setProblems([])
    setError(null)
  }
  const set = (option: ConfigOption, text: string | null | undefined): void => {
    const [now, write] = mayHoldSecret(option) ? [secret, setSecret] : [kept, setKept]
    const { [option.key]: _, ...others } = now
    write(text === undefined ? others : { ...others, [option.key]: text })
    setProblems(problems.filter(({ key }) => !isOf(key, option.key)))
  }
  const save = async (): Promise<void> => {
    setError(null)
    const wrong: Problem[] = []
    const values = options.flatMap((option) => {
      const text = typed[option.key]
      if (text === undefined) return []
      try {
        return [[option.key, valueOf(option, text)] as const]
      } catch (caught) {
        wrong.push({ key: option.key, message: `is no JSON: ${String(caught)}` })
        return []
      }
    })
    setProblems(wrong)
    if (wrong.length > 0) return
    try {
      await change.mutateAsync({ method: 'PATCH', path: 'config', body: treeOf(values) })
      discard()
      toast(`${plural(values.length, 'setting')} saved and in effect, without a restart`)
    } catch (caught) {
      const found = caught instanceof ApiError ? problemsOf(caught.body) : []
      setProblems(found)
      setError(found.length > 0 ? null : caught)
    }
  }
  return { typed, problems, error, isBusy: change.isPending, set, save, discard }
}

/** Tables of the user's names hold secrets as well: neither is kept in the browser. */
const mayHoldSecret = ({ secret, type }: ConfigOption): boolean =>
  secret || type === 'tables' || type === 'table of text' || type === 'table'

function problemsOf(body: unknown): readonly Problem[] {
  const { problems } = (body ?? {}) as { readonly problems?: unknown }
  return Array.isArray(problems) ? (problems as Problem[]) : []
}
