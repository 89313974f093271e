/**
 * Studio's rooms → the rooms they may import. It knows the server over HTTP alone: nothing of another package is imported.
 * Sections never import each other: what two of them need is a room of its own.
 */
const ground = ['ui', 'api', 'place']
const shared = [...ground, 'data-grid', 'sql-editor', 'chart', 'people']

export const studioLayers = {
  ui: [],
  api: [],
  place: [],
  'data-grid': ground,
  'sql-editor': ground,
  chart: ground,
  // roles and users to choose from
  people: ground,
  app: [...shared, 'sections/*'],
  'sections/*': shared,
}
