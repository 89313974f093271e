/** Which answers are worth compressing, whoever asks: what depends on the client is decided elsewhere. Pure. */
import type { HttpResponse } from '#base/http'

const known = new Map<string, boolean>()
const maxKnown = 200

const texts =
  /^(?:text\/(?!event-stream\b)[^;]+|application\/(?:[^;]+\+)?(?:json|xml|x-ndjson|ndjson|jsonl|javascript|x-javascript|ecmascript|graphql|rtf|toml|yaml|x-yaml|sql|wasm|x-sh|typescript|vnd\.ms-fontobject|x-font-ttf|x-font-otf)|application\/vnd\.pgrst\.[^;]+|application\/json-seq|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(?:ttf|otf|collection)|model\/(?:gltf\+json|obj))(?:$|[\s;])/i

/** By its status and headers; not by its length. */
export function isCompressible({ status, headers }: HttpResponse): boolean {
  const type = headers['content-type']
  if (typeof type !== 'string' || !isText(type)) return false
  // a part is a part of what it was
  if (status === 206 || headers['content-encoding'] !== undefined) return false
  // computed of the bytes as they are
  if (headers['content-digest'] !== undefined || headers['content-md5'] !== undefined) return false
  return !forbidsTransform(headers['cache-control'])
}

export function forbidsTransform(directives: string | string[] | undefined): boolean {
  return directives !== undefined && /(?:^|[\s,])no-transform(?:$|[\s,])/i.test(String(directives))
}

function isText(type: string): boolean {
  let answer = known.get(type)
  if (answer === undefined) {
    answer = texts.test(type)
    if (known.size < maxKnown && type.length < 200) known.set(type, answer)
  }
  return answer
}
