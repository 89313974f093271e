/** What is typed and chosen: each with its name, its help and what is wrong with it. */
import { Search } from 'lucide-react'
import { useId } from 'react'
import type {
  InputHTMLAttributes,
  ReactElement,
  ReactNode,
  SelectHTMLAttributes,
  TextareaHTMLAttributes,
} from 'react'

interface FieldProps {
  readonly label: ReactNode
  readonly help?: ReactNode
  readonly problem?: string | null
}

interface Named {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean | undefined
}

/** A named place for any control. */
export function Field({
  label,
  help,
  problem = null,
  children,
}: FieldProps & { readonly children: (named: Named) => ReactNode }): ReactElement {
  const id = useId()
  const described =
    problem !== null ? `${id}-problem` : help === undefined ? undefined : `${id}-help`
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        'aria-describedby': described,
        'aria-invalid': problem === null ? undefined : true,
      })}
      {problem !== null && (
        <span className="problem" id={`${id}-problem`} role="alert">
          {problem}
        </span>
      )}
      {help !== undefined && problem === null && (
        <span className="help" id={`${id}-help`}>
          {help}
        </span>
      )}
    </div>
  )
}

export function TextField({
  label,
  help,
  problem,
  mono = false,
  ...input
}: FieldProps & InputHTMLAttributes<HTMLInputElement> & { readonly mono?: boolean }): ReactElement {
  return (
    <Field label={label} help={help} problem={problem ?? null}>
      {(named) => (
        <input
          className={mono ? 'input mono' : 'input'}
          autoComplete="off"
          spellCheck={false}
          {...input}
          {...named}
        />
      )}
    </Field>
  )
}

export function TextArea({
  label,
  help,
  problem,
  mono = false,
  ...input
}: FieldProps &
  TextareaHTMLAttributes<HTMLTextAreaElement> & { readonly mono?: boolean }): ReactElement {
  return (
    <Field label={label} help={help} problem={problem ?? null}>
      {(named) => (
        <textarea
          className={mono ? 'textarea mono' : 'textarea'}
          spellCheck={false}
          {...input}
          {...named}
        />
      )}
    </Field>
  )
}

export type Option = string | { readonly value: string; readonly label: string }

export function SelectField({
  label,
  help,
  problem,
  options,
  ...select
}: FieldProps &
  SelectHTMLAttributes<HTMLSelectElement> & { readonly options: readonly Option[] }): ReactElement {
  return (
    <Field label={label} help={help} problem={problem ?? null}>
      {(named) => <Select options={options} {...select} {...named} />}
    </Field>
  )
}

/** Without a name of its own: give it `aria-label`. */
export function Select({
  options,
  className = '',
  ...select
}: SelectHTMLAttributes<HTMLSelectElement> & {
  readonly options: readonly Option[]
}): ReactElement {
  return (
    <select className={`select ${className}`} {...select}>
      {options.map((option) => {
        const { value, label } =
          typeof option === 'string' ? { value: option, label: option } : option
        return (
          <option key={value} value={value}>
            {label}
          </option>
        )
      })}
    </select>
  )
}

export function Check({
  label,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & { readonly label: ReactNode }): ReactElement {
  return (
    <label className="check">
      <input type="checkbox" {...input} />
      <span>{label}</span>
    </label>
  )
}

export function SearchField({
  label,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & { readonly label: string }): ReactElement {
  return (
    <div className="search">
      <Search size={14} aria-hidden />
      <input
        className="input"
        type="search"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        data-search=""
        {...input}
      />
    </div>
  )
}

/** One of a few, all in sight. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly label: string }[]
  readonly onChange: (value: T) => void
}): ReactElement {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  )
}
