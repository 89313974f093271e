/**
 * Whether a password is in a collection of leaked ones, asked by the first five characters of its SHA-1
 * (haveibeenpwned.com's range API): the service learns neither password nor hash.
 */
import { createHash } from 'node:crypto'

const timeoutMs = 3_000
/** A range has some 1,000 lines of 40 bytes, padding included. */
const maxBytes = 512 * 1024

/** @throws Error when the service does not answer */
export async function isLeakedPassword(password: string, serviceUrl: string): Promise<boolean> {
  const digest = createHash('sha1').update(password).digest('hex').toUpperCase()
  const [prefix, suffix] = [digest.slice(0, 5), digest.slice(5)]
  const response = await fetch(`${serviceUrl}/range/${prefix}`, {
    // answers are all of a length, so that theirs tells nothing to who listens
    headers: { 'add-padding': 'true', 'user-agent': 'basalt' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 200) throw new Error(`the service answered ${response.status}`)
  const text = await readBounded(response)
  // a padding line counts 0
  return text.split(/\r?\n/).some((line) => {
    const [found = '', count = ''] = line.split(':')
    return found.toUpperCase() === suffix && Number(count) > 0
  })
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > maxBytes) throw new Error('the answer of the service is too long')
  }
  return text
}
