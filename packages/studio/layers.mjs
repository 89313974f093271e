/**
 * Studio's rooms → the rooms they may import. It knows the server over HTTP alone: nothing of another package is imported.
 * Sections never import each other: what two of them need is a room of its own.
 */
const ground = ['ui', 'api', 'place', 'catalog']
const shared = [...ground, 'ddl', 'data-grid', 'sql-editor', 'chart', 'people']

export const studioLayers = {
  ui: [],
  api: [],
  place: [],
  // what the database holds: names, types, keys
  catalog: ['api'],
  'data-grid': ground,
  'sql-editor': ground,
  chart: ground,
  // statements that change the schema: shown, run, kept as migrations
  ddl: [...ground, 'sql-editor'],
  // roles and users to choose from
  people: ground,
  app: [...shared, 'sections/*'],
  'sections/*': shared,
}
