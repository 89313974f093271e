/** A versioned migration of a service, applied once and never changed after. */

export interface Migration {
  /** The service it belongs to: `database`, `auth`, … */
  readonly service: string
  /** Sorts the migrations of one service: `0001_roles`. */
  readonly version: string
  /** Several statements separated by `;`; run in one transaction. */
  readonly sql: string
}
