/** The part of the file that is the same for every database: `Tables<"todos">`, `Enums<{ schema: "app" }, "mood">`, … */

interface Helper {
  readonly name: string
  /** What a schema has to offer, of `S`. */
  readonly pool: (schema: string) => string
  /** What is taken of an entry; null takes the entry itself. */
  readonly part: string | null
}

const tables = (schema: string): string => `${schema}["Tables"]`
const helpers: readonly Helper[] = [
  {
    name: 'Tables',
    pool: (schema) => `(${schema}["Tables"] & ${schema}["Views"])`,
    part: 'Row',
  },
  { name: 'TablesInsert', pool: tables, part: 'Insert' },
  { name: 'TablesUpdate', pool: tables, part: 'Update' },
  { name: 'Enums', pool: (schema) => `${schema}["Enums"]`, part: null },
  { name: 'CompositeTypes', pool: (schema) => `${schema}["CompositeTypes"]`, part: null },
]

/** A name of the default schema alone, or a schema and a name. */
function renderHelper({ name, pool, part }: Helper): string {
  const picked = (from: string): string => (part === null ? from : `Pick${part}<${from}>`)
  return `export type ${name}<
  NameOrSchema extends keyof ${pool('DefaultSchema')} | { schema: keyof Schemas },
  Name extends NameOrSchema extends { schema: keyof Schemas }
    ? keyof ${pool('Schemas[NameOrSchema["schema"]]')}
    : never = never,
> = NameOrSchema extends { schema: keyof Schemas }
  ? ${picked(`${pool('Schemas[NameOrSchema["schema"]]')}[Name]`)}
  : NameOrSchema extends keyof ${pool('DefaultSchema')}
    ? ${picked(`${pool('DefaultSchema')}[NameOrSchema]`)}
    : never`
}

const picks = ['Row', 'Insert', 'Update'].map(
  (part) => `type Pick${part}<T> = T extends { ${part}: infer Part } ? Part : never`,
)

export const helperTypes = [
  'type Schemas = Omit<Database, "__InternalSupabase">',
  'type DefaultSchema = Schemas[Extract<keyof Schemas, "public">]',
  picks.join('\n'),
  ...helpers.map(renderHelper),
].join('\n\n')
