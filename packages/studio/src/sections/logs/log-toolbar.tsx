/** Filters of the requests; what is chosen is in the address. */
import { Eraser, Pause, Play } from 'lucide-react'
import { useState } from 'react'
import type { ReactElement } from 'react'
import { usePlace } from '#studio/place'
import { Button, IconButton, SearchField, Select } from '#studio/ui'
import { filterNames, methods, services, spans, statuses } from './log-filter.ts'

interface LogToolbarProps {
  readonly isPaused: boolean
  readonly onPause: () => void
  readonly onResume: () => void
  readonly onClear: () => void
}

export function LogToolbar({
  isPaused,
  onPause,
  onResume,
  onClear,
}: LogToolbarProps): ReactElement {
  const { search, setSearch } = usePlace()
  const choose = (name: string, value: string): void => setSearch({ [name]: value || null })
  const isFiltered = filterNames.some((name) => search[name])
  return (
    <div className="toolbar log-toolbar">
      <TextFilter name="text" label="Path or query contains" />
      <Select
        aria-label="Method"
        value={search['method'] ?? ''}
        options={[{ value: '', label: 'Any method' }, ...methods]}
        onChange={(event) => choose('method', event.target.value)}
      />
      <Select
        aria-label="Status"
        value={search['status'] ?? ''}
        options={
          statuses.some(({ value }) => value === (search['status'] ?? ''))
            ? statuses
            : [...statuses, search['status'] ?? '']
        }
        onChange={(event) => choose('status', event.target.value)}
      />
      <Select
        aria-label="Service"
        value={search['service'] ?? ''}
        options={services}
        onChange={(event) => choose('service', event.target.value)}
      />
      <Select
        aria-label="Time"
        value={search['minutes'] ?? ''}
        options={spans}
        onChange={(event) => choose('minutes', event.target.value)}
      />
      <TextFilter name="user" label="User id" />
      <TextFilter name="slow" label="At least ms" />
      {isFiltered && (
        <Button
          kind="quiet"
          onClick={() => setSearch(Object.fromEntries(filterNames.map((name) => [name, null])))}
        >
          Remove filters
        </Button>
      )}
      <span className="spacer" />
      <IconButton label="Clear the list" icon={<Eraser size={15} />} onClick={onClear} />
      <Button aria-pressed={!isPaused} onClick={isPaused ? onResume : onPause}>
        {isPaused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
        {isPaused ? 'Go on' : 'Pause'}
      </Button>
    </div>
  )
}

/** Taken up on Enter, and when it is left. */
function TextFilter({
  name,
  label,
}: {
  readonly name: string
  readonly label: string
}): ReactElement {
  const { search, setSearch } = usePlace()
  const given = search[name] ?? ''
  const [held, setHeld] = useState({ given, text: given })
  if (held.given !== given) setHeld({ given, text: given })
  const take = (): void => {
    const text = held.text.trim()
    if (text !== given) setSearch({ [name]: text || null })
  }
  return (
    <form
      className={`log-${name}`}
      onSubmit={(event) => {
        event.preventDefault()
        take()
      }}
    >
      <SearchField
        label={label}
        value={held.text}
        onChange={(event) => setHeld({ given, text: event.target.value })}
        onBlur={take}
      />
    </form>
  )
}
