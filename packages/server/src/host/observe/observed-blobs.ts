/** A store whose work is steps of the request it is done for. */
import type { BlobStore } from '#base/blob'

type Within = <T>(name: string, work: () => Promise<T>) => Promise<T>

export function observeBlobs(store: BlobStore, within: Within): BlobStore {
  return {
    ...store,
    put: (key, body, options) => within('storage.put', () => store.put(key, body, options)),
    get: (key, range) => within('storage.get', () => store.get(key, range)),
    copy: (from, to) => within('storage.copy', () => store.copy(from, to)),
    delete: (keys) => within('storage.delete', () => store.delete(keys)),
    uploads: {
      ...store.uploads,
      append: (id, offset, body) =>
        within('storage.append', () => store.uploads.append(id, offset, body)),
      finish: (id, key, options) =>
        within('storage.finish', () => store.uploads.finish(id, key, options)),
    },
  }
}
