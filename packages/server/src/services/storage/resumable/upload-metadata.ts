/** The header Upload-Metadata: `name base64,name base64`. Pure. */
import { resumableErrors } from './errors.ts'

const maxLength = 1_048_576 * 1.5

export function parseUploadMetadata(header: string | undefined): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  if (header === undefined || header === '') return metadata
  if (header.length > maxLength) throw resumableErrors.invalidMetadata()
  for (const pair of header.split(',')) {
    const [name = '', value = '', ...rest] = pair.trim().split(' ')
    const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    if (name === '' || rest.length > 0 || !isBase64 || metadata.has(name))
      throw resumableErrors.invalidMetadata()
    metadata.set(name, Buffer.from(value, 'base64').toString('utf8'))
  }
  return metadata
}
