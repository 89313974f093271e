/** The header `x-robots-tag` of an upload: what crawlers may do with the object. */
import { storageErrors } from '#services/storage/core'

const directives = new Set([
  'all',
  'noindex',
  'nofollow',
  'none',
  'noarchive',
  'nosnippet',
  'noimageindex',
  'indexifembedded',
  'notranslate',
  'nocache',
  'noai',
  'noimageai',
])
const withValue =
  /^(?:max-snippet:\s*-?\d+|max-image-preview:\s*(?:none|standard|large)|max-video-preview:\s*-?\d+|unavailable_after:\s*.+)$/
const agent = /^[a-z0-9_*-]+:\s*/i
const maxLength = 1_000

/** The header as it is kept, or null; refuses what is no list of directives. */
export function checkRobotsTag(header: string | undefined): string | null {
  if (header === undefined || header === '') return null
  if (header.length > maxLength) throw refuse('it is too long')
  for (const part of header.split(',')) {
    const directive = part.trim().toLowerCase()
    if (!isKnown(directive) && !isKnown(directive.replace(agent, '')))
      throw refuse(`unknown directive "${directive}"`)
  }
  return header
}

function isKnown(directive: string): boolean {
  return directives.has(directive) || withValue.test(directive)
}

function refuse(reason: string) {
  return storageErrors.InvalidRobotsTag({ reason })
}
