/** Policies from one of six patterns: what it is for, what to fill in, the SQL it makes. */
import { useState } from 'react'
import type { ReactElement } from 'react'
import { useProject } from '#studio/api'
import { ident, qualified } from '#studio/catalog'
import type { Relation } from '#studio/catalog'
import { SqlDialog } from '#studio/ddl'
import { useDraft } from '#studio/place'
import { Button, CodeSample, ErrorNotice, Loading, SelectField, Sheet, TextField } from '#studio/ui'
import { CheckSql } from './check-sql.tsx'

interface Parameter {
  readonly name: string
  readonly kind: 'column' | 'table' | 'text'
  readonly description: string
  readonly default: string
}

interface Pattern {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly parameters: readonly Parameter[]
  readonly needs: string
  readonly policies: string
}

interface Filled {
  readonly pattern: string
  readonly values: Readonly<Record<string, string>>
}

export function PatternSheet({
  projectRef,
  relation,
  onClose,
}: {
  readonly projectRef: string
  readonly relation: Relation
  readonly onClose: () => void
}): ReactElement {
  const patterns = useProject<readonly Pattern[]>(projectRef, 'policies/patterns')
  const [filled, setFilled] = useDraft<Filled>(`pattern ${projectRef} ${relation.oid}`, {
    pattern: 'owner',
    values: {},
  })
  const [isReviewed, setIsReviewed] = useState(false)
  const pattern = patterns.data?.find(({ name }) => name === filled.pattern)
  const sql = pattern === undefined ? '' : fill(pattern, relation, filled.values)
  return (
    <>
      <Sheet
        open
        wide
        onClose={onClose}
        title={`Policies for ${relation.name} from a pattern`}
        onSubmit={() => setIsReviewed(true)}
        foot={
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" disabled={sql === ''}>
              Review SQL
            </Button>
          </>
        }
      >
        {patterns.error !== null && <ErrorNotice error={patterns.error} />}
        {patterns.data === undefined && patterns.error === null && <Loading />}
        {patterns.data !== undefined && (
          <SelectField
            label="Pattern"
            help={pattern?.description}
            value={filled.pattern}
            options={patterns.data.map(({ name, title }) => ({ value: name, label: title }))}
            onChange={({ target }) => setFilled({ ...filled, pattern: target.value })}
          />
        )}
        {pattern !== undefined && (
          <>
            <div className="cards">
              {pattern.parameters.map((parameter) => (
                <ParameterField
                  key={`${pattern.name} ${parameter.name}`}
                  parameter={parameter}
                  relation={relation}
                  value={valueOf(parameter, relation, filled.values)}
                  onChange={(value) =>
                    setFilled({
                      ...filled,
                      values: { ...filled.values, [parameter.name]: value },
                    })
                  }
                />
              ))}
            </div>
            <CodeSample code={sql} label="statements" />
            <CheckSql projectRef={projectRef} sql={sql} />
          </>
        )}
      </Sheet>
      <SqlDialog
        projectRef={projectRef}
        title={`Policies of ${relation.name}: ${pattern?.title ?? ''}`}
        sql={isReviewed ? sql : null}
        migrationName={`policies_of_${relation.name}`}
        onClose={() => setIsReviewed(false)}
        onDone={onClose}
      />
    </>
  )
}

function ParameterField({
  parameter: { name, kind, description },
  relation,
  value,
  onChange,
}: {
  readonly parameter: Parameter
  readonly relation: Relation
  readonly value: string
  readonly onChange: (value: string) => void
}): ReactElement {
  const field = {
    label: description,
    help: name,
    value,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  }
  if (kind !== 'column') return <TextField mono {...field} />
  const columns = relation.columns.map((column) => column.name)
  const isThere = columns.includes(value)
  return (
    <SelectField
      {...field}
      problem={isThere ? null : `${relation.name} has no column ${value}`}
      options={isThere ? columns : [value, ...columns]}
    />
  )
}

const valueOf = (
  { name, kind, default: value }: Parameter,
  relation: Relation,
  values: Filled['values'],
): string => {
  const typed = values[name]
  if (typed !== undefined) return typed
  if (kind !== 'column' || relation.columns.some((column) => column.name === value)) return value
  // a user's id by another name, more often than not
  return (
    relation.foreign_keys.find(({ to_schema, to_table, columns }) => {
      return to_schema === 'auth' && to_table === 'users' && columns.length === 1
    })?.columns[0] ?? value
  )
}

function fill(pattern: Pattern, relation: Relation, values: Filled['values']): string {
  const known = new Map<string, string>([
    ['table', qualified(relation.schema, relation.name)],
    ['index', ident(`${relation.name}_${pattern.name}_idx`.slice(0, 63))],
    ['managers_index', ident(`${relation.name}_managers_idx`.slice(0, 63))],
  ])
  for (const parameter of pattern.parameters) {
    const value = valueOf(parameter, relation, values)
    known.set(parameter.name, parameter.kind === 'column' ? ident(value) : value)
  }
  return `${pattern.needs}${pattern.policies}`.replace(
    /\{\{(\w+)\}\}/g,
    (whole, name: string) => known.get(name) ?? whole,
  )
}
