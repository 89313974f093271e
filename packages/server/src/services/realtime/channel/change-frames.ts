/** Messages of changes, written once for all channels of a name that get the same in one turn of the event loop. */
import { encodePush } from '#services/realtime/wire'
import type { Version } from '#services/realtime/wire'

export class ChangeFrames {
  #made = new Map<string, Map<string, Uint8Array>>()

  /** `data` is JSON text. */
  of(version: Version, topic: string, ids: readonly number[], data: string): Uint8Array {
    if (this.#made.size === 0) setImmediate(() => (this.#made = new Map()))
    const known = this.#made.get(data) ?? new Map<string, Uint8Array>()
    this.#made.set(data, known)
    const key = `${version} ${ids.join(',')} ${topic}`
    let frame = known.get(key)
    if (frame === undefined) {
      const payload = `{"ids":[${ids.join(',')}],"data":${data}}`
      frame = encodePush(version, topic, 'postgres_changes', payload)
      known.set(key, frame)
    }
    return frame
  }
}
