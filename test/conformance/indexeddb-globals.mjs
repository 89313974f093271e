/** The globals a browser has, from this package: what the tests' environment imports first. */
import {
  createIndexedDB,
  DOMStringList,
  Event,
  EventTarget,
  interfaces,
  registerType,
  reporter,
} from '../../packages/docstore/dist/node/indexeddb.js'

const { indexedDB } = createIndexedDB({ dataDir: process.env.DOCSTORE_CONFORMANCE_DIR })
// as `window.onerror` would take it
reporter.report = () => undefined
function getter() {
  if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation')
  return indexedDB
}
Object.defineProperty(getter, 'name', { value: 'get indexedDB' })
Object.defineProperty(globalThis, 'indexedDB', {
  get: getter,
  enumerable: true,
  configurable: true,
})
for (const [name, value] of Object.entries({ ...interfaces, DOMStringList, Event, EventTarget }))
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })

// classes of browsers, which the environment makes up for structured clone; they have plain members
const made = [
  'DOMMatrix',
  'DOMMatrixReadOnly',
  'DOMPoint',
  'DOMPointReadOnly',
  'DOMRect',
  'DOMRectReadOnly',
  'ImageData',
]
for (const name of made)
  registerType({
    name,
    is: (value) => globalThis[name] !== undefined && value instanceof globalThis[name],
    encode: (value) => ({ ...value }),
    decode: (content) => Object.assign(Object.create(globalThis[name].prototype), content),
  })
