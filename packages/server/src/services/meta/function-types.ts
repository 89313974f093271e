/** The types of functions: Args, Returns, and what may be selected of a returned row. */
import { append } from '#base/catalog'
import type { ArgumentRow, FunctionRow, RelationRow, TypeRow } from '#services/meta/sql'
import { rowMembers } from './relation-types.ts'
import { compareNames } from './shape.ts'
import type { Shape } from './shape.ts'
import { array, errorType, keyOf, object, openObject, orNull, quote, union } from './type-layout.ts'
import type { Member, TsType } from './type-layout.ts'
import type { TypeOf } from './type-of.ts'

/** A function that the data API can call, with the arguments that are passed to it, by name. */
interface Callable {
  readonly routine: FunctionRow
  readonly inputs: readonly ArgumentRow[]
}

/** json, jsonb, text: what a single unnamed argument may be, for the whole body. */
const bodyTypes = new Set(['json', 'jsonb', 'text'])

export class FunctionTypes {
  readonly #shape: Shape
  readonly #typeOf: TypeOf
  readonly #relations: ReadonlyMap<number, RelationRow>
  /** By schema and name. */
  readonly #callables = new Map<string, Map<string, Callable[]>>()
  /** Those of one row, by the number of its relation. */
  readonly #ofRow = new Map<string, Callable[]>()

  private constructor(shape: Shape, typeOf: TypeOf) {
    this.#shape = shape
    this.#typeOf = typeOf
    this.#relations = new Map(shape.relations.map((relation) => [relation.oid, relation]))
  }

  /** In steps of a function each. */
  static *read(shape: Shape, typeOf: TypeOf): Generator<void, FunctionTypes> {
    const types = new FunctionTypes(shape, typeOf)
    for (const routine of shape.functions) {
      types.#add(routine)
      yield
    }
    return types
  }

  #add(routine: FunctionRow): void {
    const inputs = routine.arguments
      .filter(({ mode }) => mode === 'in' || mode === 'inout' || mode === 'variadic')
      .toSorted((a, b) => compareNames(a.name, b.name))
    if (!this.#canBeCalled(inputs)) return
    const callable = { routine, inputs }
    const named = this.#callables.get(routine.schema) ?? new Map<string, Callable[]>()
    this.#callables.set(routine.schema, named)
    append(named, routine.name, callable)
    const [only] = routine.arguments
    if (routine.arguments.length !== 1 || only?.name !== '') return
    const relation = this.#shape.types.get(only.type)?.relation
    if (typeof relation === 'number') append(this.#ofRow, `${routine.schema} ${relation}`, callable)
  }

  /** One member a name; overloads are a union. */
  *membersOf(schema: string): Generator<Member> {
    for (const [name, overloads] of this.#callables.get(schema) ?? []) {
      yield {
        key: keyOf(name),
        type: union(overloads.map((overload) => this.#signature(overload, overloads))),
      }
    }
  }

  /** Functions of one unnamed argument that is a row of the relation. */
  computedFields({ schema, oid }: RelationRow): Member[] {
    return (this.#ofRow.get(`${schema} ${oid}`) ?? []).map(({ routine }) => ({
      key: keyOf(routine.name),
      type: orNull(this.#returned(routine)),
    }))
  }

  /** Arguments are passed by name; an unnamed one can only be left out, be the body, or be the row of a relation. */
  #canBeCalled(inputs: readonly ArgumentRow[]): boolean {
    const unnamed = inputs.filter(({ name }) => name === '')
    if (unnamed.every(({ has_default, type }) => has_default && this.#isBody(type))) return true
    const [only] = inputs
    if (inputs.length !== 1 || only === undefined) return false
    return this.#isBody(only.type) || this.#isRow(only.type)
  }

  #isBody(type: number): boolean {
    return bodyTypes.has(this.#shape.types.get(type)?.name ?? '')
  }

  #isRow(type: number): boolean {
    return this.#rowType(type) !== null
  }

  #rowType(oid: number): TypeRow | null {
    const type = this.#shape.types.get(oid)
    return type === undefined || type.relation === null ? null : type
  }

  #signature(callable: Callable, overloads: readonly Callable[]): TsType {
    const { routine, inputs } = callable
    const problem = this.#conflict(callable, overloads) ?? this.#uncallable(callable)
    return object([
      { key: 'Args', type: this.#args(inputs) },
      ...(problem === null
        ? this.#answer(routine)
        : [{ key: 'Returns', type: errorType(problem) }, ...this.#setofOptions(routine)]),
    ])
  }

  #args(inputs: readonly ArgumentRow[]): TsType {
    if (inputs.length === 0) return 'never'
    return object(
      inputs.map(({ name, type, has_default }) => ({
        key: keyOf(name, has_default),
        type: this.#typeOf(type),
      })),
    )
  }

  #answer(routine: FunctionRow): Member[] {
    const type = this.#returned(routine)
    // ROWS 1 of a relation: supabase-js makes the array again where PostgREST answers one
    const isOne = !isMany(routine) && this.#returnedName(routine) !== null
    const isArray = routine.returns_set && !isOne
    return [{ key: 'Returns', type: isArray ? array(type) : type }, ...this.#setofOptions(routine)]
  }

  /** What one row, or the value, is. */
  #returned(routine: FunctionRow): TsType {
    const table = routine.arguments.filter(({ mode }) => mode === 'table')
    if (table.length > 0) {
      return openObject(
        table
          .toSorted((a, b) => compareNames(a.name, b.name))
          .map(({ name, type }) => ({ key: keyOf(name), type: this.#typeOf(type) })),
      )
    }
    const oid = this.#rowType(routine.returns)?.relation ?? null
    const relation = oid === null ? undefined : this.#relations.get(oid)
    return relation !== undefined && relation.schema === routine.schema
      ? openObject(rowMembers(relation, this.#typeOf))
      : this.#typeOf(routine.returns)
  }

  /** The name under which columns of the result are selected: a relation's, or a composite type's. */
  #returnedName({ returns }: FunctionRow): string | null {
    return this.#rowType(returns)?.name ?? null
  }

  #setofOptions(routine: FunctionRow): Member[] {
    const to = this.#returnedName(routine)
    if (to === null) return []
    const [only] = routine.arguments
    const source =
      routine.arguments.length === 1 && only !== undefined ? this.#rowType(only.type) : null
    const options = {
      from: quote(source?.name ?? '*'),
      to: quote(to),
      isOneToOne: String(!isMany(routine)),
      isSetofReturn: String(routine.returns_set),
    }
    const members = Object.entries(options).map(([key, type]) => ({ key, type }))
    return [{ key: 'SetofOptions', type: openObject(members) }]
  }

  /** Why a call cannot tell this function from another of its name, or null. */
  #conflict({ routine, inputs }: Callable, overloads: readonly Callable[]): string | null {
    const others = overloads.filter((other) => other.routine !== routine)
    const name = `${routine.schema}.${routine.name}`
    const [only] = inputs
    if (only === undefined) {
      const other = others.find(
        (item) =>
          item.inputs.length === 1 && item.inputs[0]?.name === '' && item.inputs[0].has_default,
      )
      if (other === undefined) return null
      return tooMany([`${name}()`, `${name}( => ${this.#nameOf(other.routine.returns)})`])
    }
    if (inputs.length !== 1 || only.name === '') return null
    const rivals = others
      .flatMap((item) => (item.inputs.length === 1 ? item.inputs : []))
      .filter((rival) => rival.name === only.name && rival.type !== only.type)
    if (rivals.length === 0) return null
    const candidates = [only, ...rivals].toSorted((a, b) => a.type - b.type)
    return tooMany(
      candidates.map((argument) => `${name}(${argument.name} => ${this.#nameOf(argument.type)})`),
    )
  }

  /** A function of a row that makes no row: a computed field, which `rpc` cannot call. */
  #uncallable({ routine, inputs }: Callable): string | null {
    const [only] = inputs
    if (inputs.length !== 1 || only?.name !== '' || !this.#isRow(only.type)) return null
    if (this.#returnedName(routine) !== null) return null
    return `the function ${routine.schema}.${routine.name} with parameter or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache`
  }

  #nameOf(type: number): string {
    return this.#shape.types.get(type)?.name ?? 'unknown'
  }
}

function isMany({ rows }: FunctionRow): boolean {
  return rows !== null && rows > 1
}

function tooMany(candidates: readonly string[]): string {
  return `Could not choose the best candidate function between: ${candidates.join(', ')}. Try renaming the parameters or the function itself in the database so function overloading can be resolved`
}
