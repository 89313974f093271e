/** Secrets that are known by their shape, and what is written in their place. */

export const masked = '[redacted]'

/** `eyJ….….…`, `sb_secret_…`, `sbp_…`, `postgres://user:password@host` */
const secretText =
  /eyJ[\w-]{5,}\.[\w-]+\.[\w-]*|sb_secret_[\w-]+|sbp_[\da-f]{20,}|(?<=:\/\/)[^\s/@:"]*:[^\s/@"]+(?=@)/g

/** The same text without the secrets that are known by their shape. */
export function maskText(text: string): string {
  // a token and most keys take more than this, and most texts less
  return text.length < 20 ? text : text.replace(secretText, masked)
}
