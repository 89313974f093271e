/** Which overload of a function a call means. */
import { similarName } from '#base/catalog'
import type { Catalog, QualifiedName, Routine } from '#base/catalog'
import { cutName, maxShownNames } from '#services/data-api/request'
import type { MediaType } from '#services/data-api/request'
import { planErrors } from './errors.ts'

export interface WantedRoutine extends QualifiedName {
  /** Sorted. */
  readonly argumentNames: readonly string[]
  readonly contentType: MediaType
  readonly isPost: boolean
}

/** Throws PGRST202 if none fits, PGRST203 if several do. */
export function findRoutine(wanted: WantedRoutine, catalog: Catalog): Routine {
  const overloads = catalog.routines(wanted.schema, wanted.name)
  const byName = overloads.filter((routine) => fits(routine, wanted))
  const candidates =
    byName.length > 0 ? byName : overloads.filter((routine) => takesBody(routine, wanted))
  const [first, second] = candidates
  if (first === undefined) throw missing(wanted, overloads, catalog)
  if (second !== undefined)
    throw planErrors.PGRST203({ candidates: candidates.toSorted(inOrder).map(signature) })
  return first
}

/** All required arguments are given, and nothing it does not have. */
function fits(routine: Routine, { argumentNames, isPost, contentType }: WantedRoutine): boolean {
  if (routine.arguments.length === 0) {
    return argumentNames.length === 0 && !(isPost && isRaw(contentType))
  }
  const given = new Set(argumentNames)
  const known = new Set(routine.arguments.map((argument) => argument.name))
  return (
    routine.arguments.every((argument) => !argument.required || given.has(argument.name)) &&
    argumentNames.every((name) => known.has(name))
  )
}

const bodyTypes: Readonly<Partial<Record<MediaType['kind'], readonly string[]>>> = {
  json: ['json', 'jsonb'],
  text: ['text'],
  xml: ['xml'],
  bytes: ['bytea'],
}

/** One unnamed argument of a type the body is. */
function takesBody(routine: Routine, { contentType, isPost }: WantedRoutine): boolean {
  const [argument] = routine.arguments
  return (
    isPost &&
    routine.arguments.length === 1 &&
    argument?.name === '' &&
    (bodyTypes[contentType.kind]?.includes(argument.type) ?? false)
  )
}

function isRaw({ kind }: MediaType): boolean {
  return kind === 'text' || kind === 'xml' || kind === 'bytes'
}

/** As PostgREST lists them: by the number of arguments, then description, then the arguments themselves. */
function inOrder(one: Routine, other: Routine): number {
  const key = ({ description, arguments: given }: Routine): string =>
    `${description === null ? '0' : `1${description}`}\0${given.map(({ name, type }) => `${name}\0${type}`).join('\0')}`
  const [a, b] = [key(one), key(other)]
  return one.arguments.length - other.arguments.length || (a < b ? -1 : a > b ? 1 : 0)
}

function signature(routine: Routine): string {
  const list = routine.arguments.map((argument) => `${argument.name} => ${argument.type}`)
  return `${routine.schema}.${routine.name}(${list.join(', ')})`
}

function missing(wanted: WantedRoutine, overloads: readonly Routine[], catalog: Catalog): Error {
  const { schema, name, argumentNames, contentType, isPost } = wanted
  const routine = `${schema}.${name}`
  if (isPost && isRaw(contentType)) {
    const type = bodyTypes[contentType.kind]?.[0] ?? ''
    const searched = ` with a single unnamed ${type} parameter`
    return planErrors.PGRST202({ routine, called: '', searched, suggestion: null })
  }
  const names = listNames(argumentNames)
  const without = argumentNames.length === 0
  const listed = without
    ? ' without parameters'
    : ` with parameter${argumentNames.length > 1 ? 's' : ''} ${names}`
  const orBody =
    isPost && contentType.kind === 'json' ? ' or with a single unnamed json/jsonb parameter' : ''
  return planErrors.PGRST202({
    routine,
    called: without ? ' without parameters' : `(${names})`,
    searched: `${listed}${orBody}`,
    suggestion: suggest(wanted, overloads, catalog),
  })
}

/** Cut: a body can bring a million names, of a million characters. */
function listNames(names: readonly string[]): string {
  const shown = names.slice(0, maxShownNames).map(cutName)
  const more = names.length - shown.length
  return shown.join(', ') + (more > 0 ? `, … and ${more} more` : '')
}

/** Another function of the schema, or, where the name is right, the parameters of an overload. */
function suggest(
  { schema, name, argumentNames }: WantedRoutine,
  overloads: readonly Routine[],
  catalog: Catalog,
): string | null {
  const text = (names: readonly string[]): string => `(${listNames([...names].sort())})`
  const found =
    overloads.length === 0
      ? similarName(name, catalog.routineNames(schema), 0.75)
      : similarName(
          text(argumentNames),
          overloads.map((routine) => text(routine.arguments.map((argument) => argument.name))),
          0.33,
        )
  if (found === null) return null
  return `Perhaps you meant to call the function ${schema}.${overloads.length === 0 ? '' : name}${found}`
}
