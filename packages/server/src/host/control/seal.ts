/** Port: how secrets are stored (`token/sealer.ts` fills it in). */
export interface Seal {
  seal(text: string, label: string): string
  /** Null when it cannot be opened. */
  open(sealed: string, label: string): string | null
  /** What only the key before opens, sealed with the present one; null for anything else. */
  renew(sealed: string, label: string): string | null
}
