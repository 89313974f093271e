/** A small catalog made by hand: clients, projects, tasks, users, tags, and some functions. For tests. */
import { buildRelationships, Catalog } from '#base/catalog'
import { finish } from '#base/kernel'
import type { Argument, Column, ForeignKey, Relation, Routine } from '#base/catalog'

export const schema = 'public'

function column(name: string, type: string): Column {
  return {
    name,
    type,
    baseType: type,
    nullable: true,
    default: name === 'id' ? "nextval('seq'::regclass)" : null,
    maxLength: null,
    enumValues: [],
    description: null,
  }
}

function table(name: string, columns: Record<string, string>, primaryKey: string[]): Relation {
  return {
    schema,
    name,
    isView: false,
    insertable: true,
    updatable: true,
    deletable: true,
    primaryKey,
    columns: new Map(Object.entries(columns).map(([at, type]) => [at, column(at, type)])),
    description: null,
  }
}

function foreignKey(from: string, by: string, to: string, isUnique = false): ForeignKey {
  return {
    from: { schema, name: from },
    to: { schema, name: to },
    constraint: `${from}_${by}_fkey`,
    columns: [[by, 'id']],
    isUnique,
  }
}

interface RoutineInit {
  readonly args?: readonly (Partial<Argument> & { readonly type: string })[]
  readonly returns?: Routine['returns']
  readonly volatility?: Routine['volatility']
}

function routine(
  name: string,
  { args = [], returns, volatility = 'volatile' }: RoutineInit,
): Routine {
  return {
    schema,
    name,
    volatility,
    leaves: false,
    arguments: args.map((argument) => ({
      name: '',
      unboundedType: argument.type,
      required: true,
      variadic: false,
      ...argument,
    })),
    returns: returns ?? scalar('integer'),
    isolation: null,
    settings: [],
    description: null,
  }
}

const scalar = (name: string, isSet = false): Routine['returns'] => ({
  type: { schema: 'pg_catalog', name },
  isSet,
  isComposite: false,
})

const rowsOf = (name: string): Routine['returns'] => ({
  type: { schema, name },
  isSet: true,
  isComposite: true,
})

const relations = [
  table('clients', { id: 'integer', name: 'text' }, ['id']),
  table(
    'projects',
    { id: 'integer', name: 'text', client_id: 'integer', backup_id: 'integer', data: 'jsonb' },
    ['id'],
  ),
  table('tasks', { id: 'integer', name: 'text', project_id: 'integer', words: 'tsvector' }, ['id']),
  table('users', { id: 'integer', name: 'text' }, ['id']),
  table('users_tasks', { user_id: 'integer', task_id: 'integer' }, ['user_id', 'task_id']),
  table('profiles', { id: 'integer', bio: 'text' }, ['id']),
  table('categories', { id: 'integer', name: 'text', parent_id: 'integer' }, ['id']),
  { ...table('log', { line: 'text' }, []), updatable: false, deletable: false },
]

const foreignKeys = [
  foreignKey('projects', 'client_id', 'clients'),
  foreignKey('tasks', 'project_id', 'projects'),
  foreignKey('users_tasks', 'user_id', 'users'),
  foreignKey('users_tasks', 'task_id', 'tasks'),
  foreignKey('profiles', 'id', 'users', true),
  foreignKey('categories', 'parent_id', 'categories'),
]

const routines = [
  routine('add', {
    args: [
      { name: 'a', type: 'integer' },
      { name: 'b', type: 'integer', required: false },
    ],
    volatility: 'immutable',
  }),
  routine('find_projects', {
    args: [{ name: 'term', type: 'text' }],
    returns: rowsOf('projects'),
    volatility: 'stable',
  }),
  routine('touch', { returns: scalar('void') }),
  routine('numbers', { returns: scalar('integer', true), volatility: 'stable' }),
  routine('take', { args: [{ type: 'jsonb' }] }),
  routine('join', {
    args: [{ name: 'parts', type: 'text[]', variadic: true }],
    volatility: 'stable',
  }),
  routine('twice', { args: [{ name: 'x', type: 'integer' }] }),
  routine('twice', { args: [{ name: 'x', type: 'text' }] }),
]

/** `extra` adds foreign keys, to make what is embedded ambiguous. */
export function testCatalog(extra: readonly ForeignKey[] = []): Catalog {
  return new Catalog({
    relations,
    relationships: finish(
      buildRelationships(
        [...foreignKeys, ...extra],
        [],
        [
          {
            kind: 'computed',
            cardinality: 'computed',
            from: { schema, name: 'clients' },
            to: { schema, name: 'projects' },
            routine: { schema, name: 'open_projects' },
            toOne: false,
          },
        ],
        relations,
        [schema],
      ),
    ),
    routines,
    representations: [],
    mediaHandlers: [],
    roleSettings: new Map(),
    roleIsolation: new Map(),
    leavings: { any: false, reads: false, writes: false, prepared: false },
  })
}

/** A second way from projects to clients. */
export const ambiguousKey: ForeignKey = foreignKey('projects', 'backup_id', 'clients')
