/** How passwords are kept: Argon2id, behind a port, because browsers need another library than Node. */

export interface PasswordHasher {
  /** A PHC string: `$argon2id$v=19$m=…`. */
  hash: (password: string) => Promise<string>
  verify: (hash: string, password: string) => Promise<boolean>
}

/** OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
export const argon2Cost = { memoryKib: 19 * 1024, passes: 2, lanes: 1 } as const
