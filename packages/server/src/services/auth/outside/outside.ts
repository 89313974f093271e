/** Other people's servers as auth knows them: how long they may take and where they are. Tests bring their own. */

export interface Outside {
  /** For all tries of a hook together. */
  readonly hookTimeoutMs: number
  /** Between two tries. */
  readonly hookBackoffMs: number
  readonly captchaUrls: Readonly<Record<'hcaptcha' | 'turnstile', string>>
  readonly captchaTimeoutMs: number
}

export const defaultOutside: Outside = {
  hookTimeoutMs: 5_000,
  hookBackoffMs: 2_000,
  captchaUrls: {
    hcaptcha: 'https://hcaptcha.com/siteverify',
    turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
  },
  captchaTimeoutMs: 8_000,
}
