/** Text of others, fit for Postgres and for JSON: without NUL and without halves of characters. */

/** Surrogates without their other half: Postgres refuses them in jsonb, UTF-8 has no bytes for them. */
const loneSurrogate = /[\ud800-\udfff]/u

export function hasLoneSurrogate(text: string): boolean {
  return loneSurrogate.test(text)
}

/** `a\u0000\ud800` → `a` and two U+FFFD, as Go's decoder of JSON does with the second. */
export function toFitText(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').replaceAll(/[\ud800-\udfff]/gu, '\ufffd')
}
