/** The arguments of a function call. */
import type { Routine } from '#base/catalog'
import type { ApiRequest, Param } from '#services/data-api/request'
import type { CallArguments, PlannedArgument } from './plan.ts'

/** The argument names a request gives, sorted. Without a body they are those of the query. */
export function argumentNames(request: ApiRequest): string[] {
  const names = request.payload?.keys ?? request.params.map((param) => param.name)
  return [...new Set(names)].sort()
}

export function planArguments(request: ApiRequest, routine: Routine): CallArguments {
  const { payload } = request
  const [only] = routine.arguments
  if (routine.arguments.length === 1 && only?.name === '') {
    return payload === null
      ? { kind: 'none' }
      : { kind: 'single', type: only.type, body: payload.slot }
  }
  const given = new Set(argumentNames(request))
  const named = routine.arguments
    .filter((argument) => given.has(argument.name))
    .map(({ name, unboundedType, variadic }): PlannedArgument => ({
      name,
      type: unboundedType,
      variadic,
      slots: payload === null ? slotsOf(name, request.params, variadic) : [],
    }))
  if (named.length === 0) return { kind: 'none' }
  if (payload === null) return { kind: 'named', arguments: named }
  return { kind: 'json', arguments: named, body: payload.slot, isObject: payload.isObject }
}

/** A variadic argument takes every value given, any other the last. */
function slotsOf(name: string, params: readonly Param[], variadic: boolean): number[] {
  const slots = params.filter((param) => param.name === name).map((param) => param.slot)
  return variadic ? slots : slots.slice(-1)
}
