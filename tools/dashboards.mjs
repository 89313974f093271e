/** `node tools/dashboards.mjs`: writes deploy/grafana/*.json from the panels of dashboard-panels.mjs; `renderDashboards` for the test that compares. */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { dashboards } from './dashboard-panels.mjs'

const datasource = { type: 'prometheus', uid: '${datasource}' }
const height = 8
const width = 8
const across = 24 / width

function panelOf([title, unit, description, ...targets], id, gridPos) {
  return {
    id,
    type: 'timeseries',
    title,
    ...(description === '' ? {} : { description }),
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: targets.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource,
      expr,
      legendFormat,
    })),
  }
}

function panelsOf(rows) {
  const panels = []
  let y = 0
  for (const [title, given] of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: 24, x: 0, y: y++ },
      panels: [],
    })
    for (const [at, panel] of given.entries()) {
      const place = {
        h: height,
        w: width,
        x: (at % across) * width,
        y: y + Math.floor(at / across) * height,
      }
      panels.push(panelOf(panel, panels.length + 1, place))
    }
    y += Math.ceil(given.length / across) * height
  }
  return panels
}

function render(uid, { title, rows }) {
  return {
    uid,
    title,
    tags: ['basalt'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        {
          name: 'project',
          label: 'Project',
          type: 'query',
          datasource,
          query: 'label_values(http_requests_total, project)',
          refresh: 2,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    annotations: { list: [] },
    links: [
      {
        title: 'Basalt',
        type: 'dashboards',
        tags: ['basalt'],
        asDropdown: true,
        icon: 'external link',
        targetBlank: false,
        includeVars: true,
        keepTime: true,
        tooltip: '',
        url: '',
      },
    ],
    panels: panelsOf(rows),
  }
}

/** By file name. */
export function renderDashboards() {
  return Object.fromEntries(
    Object.entries(dashboards).map(([uid, dashboard]) => [
      `${uid}.json`,
      `${JSON.stringify(render(uid, dashboard), null, 2)}\n`,
    ]),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const [name, text] of Object.entries(renderDashboards()))
    writeFileSync(`deploy/grafana/${name}`, text)
