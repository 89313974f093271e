/** http: routes as values, their checks, and a server of them. */
export { checkInput } from './check-input.ts'
export { clientAddress, isWithin, plainAddress, rangesOf } from './client-address.ts'
export { BodyReader, parseObject } from './read-body.ts'
export { defineRoute } from './route.ts'
export type { Answer, Field, Fields, HttpCall, Route } from './route.ts'
export { Router } from './router.ts'
export { serve } from './serve.ts'
export type { Serving } from './serve.ts'
