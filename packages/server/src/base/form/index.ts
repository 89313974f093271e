/** form: what every reader of multipart bodies does around `@fastify/busboy`. */
export { guardParts, pumpForm } from './feed-form.ts'
