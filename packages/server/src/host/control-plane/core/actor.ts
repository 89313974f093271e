/** Who changes something, as the audit log names them. */
export interface Actor {
  /** An operator's e-mail address, `cli` for whoever has the control database itself, `project` for a project's own service key. */
  readonly name: string
  /** From where: an IP address; null on the machine itself. */
  readonly address: string | null
}
