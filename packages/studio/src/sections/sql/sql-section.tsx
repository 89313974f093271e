/** Section SQL: queries as files, run as whoever is chosen, their results and plans. */
import './sql.css'
import { FilePlus2, History, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { call, projectPath, refusal, useForget, useSession } from '#studio/api'
import { Link, usePlace } from '#studio/place'
import { Button, ConfirmDialog, IconButton, SearchField, Split, ago, toast } from '#studio/ui'
import { forgetHistory, readHistory } from './history.ts'
import { QueryView } from './query-view.tsx'
import { useSnippets } from './snippets.ts'

export function SqlSection(): ReactElement {
  const { ref, path, go } = usePlace()
  const [name] = path
  const isNew = name === undefined || name === 'new'
  return (
    <Split
      sideLabel="Snippets"
      isOpen={name !== undefined}
      onBack={() => go({ path: [], search: {} })}
      side={<Side open={isNew ? null : name} />}
    >
      <QueryView key={name ?? 'new'} projectRef={ref} name={isNew ? null : name} />
    </Split>
  )
}

function Side({ open }: { readonly open: string | null }): ReactElement {
  const { ref, search, href, go, setSearch } = usePlace()
  const role = useSession().data?.operator?.role
  const forget = useForget(ref)
  const snippets = useSnippets(ref)
  const [filter, setFilter] = useState('')
  const [doomed, setDoomed] = useState<string | null>(null)
  const isHistory = search['side'] === 'history'
  const words = filter.toLowerCase()
  return (
    <>
      <div className="side-head">
        <div className="row">
          <Link className="button" style={{ flex: 1 }} href={href({ path: ['new'], search: {} })}>
            <FilePlus2 size={14} aria-hidden /> New query
          </Link>
          <IconButton
            label="History"
            icon={<History size={16} />}
            aria-pressed={isHistory}
            onClick={() => setSearch({ side: isHistory ? null : 'history' }, { replace: true })}
          />
        </div>
        <SearchField
          label={isHistory ? 'Search history' : 'Search snippets'}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      {isHistory ? (
        <Past words={words} />
      ) : (
        <div className="side-list">
          <ul aria-label="Snippets">
            {snippets.data
              ?.filter(({ name }) => name.toLowerCase().includes(words))
              .map(({ name }) => (
                <li key={name} className="row">
                  <Link
                    className="side-item"
                    href={href({ path: [name], search: {} })}
                    aria-current={name === open ? 'page' : undefined}
                  >
                    <span className="truncate">{name}</span>
                  </Link>
                  <IconButton
                    size="small"
                    label={`Delete ${name}`}
                    icon={<Trash2 size={13} />}
                    refusal={refusal(role, 'developer')}
                    onClick={() => setDoomed(name)}
                  />
                </li>
              ))}
          </ul>
          {snippets.data?.length === 0 && (
            <p className="muted small" style={{ padding: 8 }}>
              No snippets yet. Save a query, and it is a file in supabase/snippets.
            </p>
          )}
        </div>
      )}
      <ConfirmDialog
        open={doomed !== null}
        title={`Delete ${doomed ?? ''}?`}
        action="Delete snippet"
        onClose={() => setDoomed(null)}
        onConfirm={async () => {
          await call('DELETE', projectPath(ref, `snippets/${encodeURIComponent(doomed ?? '')}`))
          await forget('snippets')
          toast(`${doomed ?? ''} deleted`)
          setDoomed(null)
          if (doomed === open) go({ path: ['new'], search: {} })
        }}
      >
        The file is deleted. This cannot be undone.
      </ConfirmDialog>
    </>
  )
}

function Past({ words }: { readonly words: string }): ReactElement {
  const { ref, go } = usePlace()
  const [all, setAll] = useState(() => readHistory(ref))
  const shown = all.filter(({ query }) => query.toLowerCase().includes(words))
  return (
    <div className="side-list">
      {shown.map(({ query, at, ok }) => (
        <button
          key={at}
          type="button"
          className="side-item"
          title={query.slice(0, 500)}
          onClick={() => go({ path: ['new'], search: { side: 'history', text: query } })}
        >
          <span className="truncate mono">{query.replace(/\s+/g, ' ')}</span>
          <span className="spacer" />
          <span className="muted small">{ok ? ago(at) : 'failed'}</span>
        </button>
      ))}
      {all.length === 0 ? (
        <p className="muted small">Nothing was run in this browser yet.</p>
      ) : (
        <Button
          size="small"
          kind="quiet"
          onClick={() => {
            forgetHistory(ref)
            setAll([])
          }}
        >
          Forget history
        </Button>
      )}
    </div>
  )
}
