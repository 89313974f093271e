/** One option: its name, its sentence, its value, and where that is from. */
import { Lock } from 'lucide-react'
import type { ReactElement } from 'react'
import { Badge, Button, Field, Hint, Select } from '#studio/ui'
import { isTable, lockOf, textOf } from './option.ts'
import type { ConfigOption } from './option.ts'

interface OptionFieldProps {
  readonly option: ConfigOption
  /** Undefined: nothing is typed; null: the value is taken away. */
  readonly typed: string | null | undefined
  readonly problem: string | null
  /** Why the operator may not. */
  readonly refused: string | null
  readonly onChange: (text: string | null | undefined) => void
}

export function OptionField({
  option,
  typed,
  problem,
  refused,
  onChange,
}: OptionFieldProps): ReactElement {
  const { key, doc, source, secret } = option
  const lock = lockOf(option)
  const isChanged = typed !== undefined
  const given = option.default === null || secret ? '' : textOf(option, option.default)
  return (
    <div className={`option ${isChanged ? 'changed' : ''}`} data-option={key}>
      <Field
        label={
          <span className="row wrap">
            <code>{key}</code>
            <SourceBadge option={option} />
            {isChanged && (
              <Badge kind="info">{typed === null ? 'will have its default' : 'changed'}</Badge>
            )}
          </span>
        }
        help={lock ?? doc}
        problem={problem}
      >
        {(named) => (
          <Control
            named={named}
            option={option}
            isLocked={lock !== null || refused !== null}
            text={typed === null ? given : (typed ?? (secret ? '' : textOf(option, option.value)))}
            onChange={(text) =>
              onChange(!secret && text === textOf(option, option.value) ? undefined : text)
            }
          />
        )}
      </Field>
      {(lock !== null || problem !== null) && <p className="muted small">{doc}</p>}
      <p className="row wrap small muted">
        <span>{option.type}</span>
        {!isTable(option) && !secret && (
          <span>default {given === '' ? 'none' : <code>{given.replaceAll('\n', ', ')}</code>}</span>
        )}
        <span className="spacer" />
        {isChanged && (
          <Button size="small" kind="quiet" onClick={() => onChange(undefined)}>
            Undo
          </Button>
        )}
        {!isChanged && source === 'run time' && lock === null && refused === null && (
          <Button
            size="small"
            kind="quiet"
            aria-label={`Take away ${key}`}
            onClick={() => onChange(null)}
          >
            Take away
          </Button>
        )}
      </p>
      {option.fields !== null && <TableFields fields={option.fields} />}
    </div>
  )
}

const sources = {
  default: 'default',
  file: 'config.toml',
  environment: 'environment',
  flag: 'command line',
  'run time': 'set here',
} as const

function SourceBadge({ option }: { readonly option: ConfigOption }): ReactElement {
  const { source, variable, secret, value } = option
  const lock = lockOf(option)
  const isSet = secret && value !== null && value !== ''
  return (
    <span className="row">
      <Badge kind={source === 'default' ? 'plain' : 'ok'}>
        {sources[source]}
        {variable === null ? '' : ` ${variable}`}
      </Badge>
      {secret && <Badge>{isSet ? 'secret, set' : 'secret, not set'}</Badge>}
      {lock !== null && (
        <Hint text={lock}>
          <span className="row" tabIndex={0} role="img" aria-label={`Locked: ${lock}`}>
            <Lock size={13} aria-hidden />
          </span>
        </Hint>
      )}
    </span>
  )
}

interface ControlProps {
  readonly named: { readonly id: string }
  readonly option: ConfigOption
  readonly isLocked: boolean
  readonly text: string
  readonly onChange: (text: string) => void
}

function Control({ named, option, isLocked, text, onChange }: ControlProps): ReactElement {
  const common = {
    ...named,
    value: text,
    disabled: isLocked,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  }
  const choices = option.type === 'true or false' ? ['true', 'false'] : option.choices
  if (choices !== null) {
    const all = choices.includes(text) ? choices : [text, ...choices]
    return (
      <Select
        {...common}
        options={all.map((value) => ({ value, label: value === '' ? 'none' : value }))}
      />
    )
  }
  if (isTable(option) || option.type === 'list of text')
    return (
      <textarea
        className="textarea mono"
        spellCheck={false}
        rows={Math.min(12, Math.max(2, text.split('\n').length))}
        placeholder={isTable(option) ? '{}' : 'one on each line'}
        {...common}
      />
    )
  return (
    <input
      className="input mono"
      autoComplete="off"
      spellCheck={false}
      {...(option.secret
        ? {
            type: 'password',
            placeholder: 'write only: type a new one',
            autoComplete: 'new-password',
          }
        : {})}
      {...common}
    />
  )
}

function TableFields({
  fields,
}: {
  readonly fields: NonNullable<ConfigOption['fields']>
}): ReactElement {
  return (
    <details>
      <summary className="small">What each entry may say</summary>
      <dl className="facts small">
        {Object.entries(fields).flatMap(([name, { type, doc }]) => [
          <dt key={name}>
            <code>{name}</code>
          </dt>,
          <dd key={`${name} doc`}>
            {doc} <span className="muted">({type})</span>
          </dd>,
        ])}
      </dl>
    </details>
  )
}
