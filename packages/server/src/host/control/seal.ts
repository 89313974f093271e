/** Port: how secrets are stored (`token/sealer.ts` fills it in). */
export interface Seal {
  seal(text: string, label: string): string
  /** Null when it cannot be opened. */
  open(sealed: string, label: string): string | null
}
