/** The rows as the response's body: JSON, CSV, GeoJSON, or what a handler of the database makes. */
import type { Rendering } from '#services/data-api/plan'
import { renderName } from './render-field.ts'

/** What the rows are: of a relation, or what a function returned. */
export type RowKind = 'rows' | 'composite' | 'scalar' | 'scalars'

/** An expression over the rows `_pgrst_t`; `source` is what CSV reads its header from. */
export function renderBody(rendering: Rendering, kind: RowKind, source: string): string {
  switch (rendering.kind) {
    case 'array':
      return renderArray(kind, rendering.stripNulls)
    case 'object':
      return first(kind === 'scalar' ? '_pgrst_t.pgrst_scalar' : '_pgrst_t', rendering.stripNulls)
    case 'csv':
      return renderCsv(source)
    case 'geojson':
      return "json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(_pgrst_t)::json), '[]'))"
    case 'custom': {
      const { routine, target } = rendering
      if (kind === 'scalar') return `${renderName(routine)}(_pgrst_t.pgrst_scalar)`
      return `${renderName(routine)}(_pgrst_t${target === null ? '' : `::${renderName(target)}`})`
    }
    case 'none':
      return "''"
  }
}

function renderArray(kind: RowKind, strip: boolean): string {
  switch (kind) {
    case 'composite':
      return first('_pgrst_t', strip)
    case 'scalar':
      return first('_pgrst_t.pgrst_scalar', strip)
    case 'scalars':
      return `coalesce(${stripped('json_agg(_pgrst_t.pgrst_scalar)', strip)}, '[]')`
    case 'rows':
      return `coalesce(${stripped('json_agg(_pgrst_t)', strip)}, '[]')`
  }
}

function first(value: string, strip: boolean): string {
  return `coalesce(${stripped(`json_agg(${value})->0`, strip)}, 'null')`
}

function stripped(json: string, strip: boolean): string {
  return strip ? `json_strip_nulls(${json})` : json
}

/** One row `_pgrst_t` as an element of the list, null where there is no row. */
export function jsonRow(strip: boolean): string {
  return stripped('row_to_json(_pgrst_t)', strip)
}

/** A record's text form is CSV between its parentheses. */
export const csvRow = 'substring(_pgrst_t::text, 2, length(_pgrst_t::text) - 2)'

export function csvHeader(source: string): string {
  return `(SELECT coalesce(string_agg(pgrst_key, ','), '') FROM (SELECT json_object_keys(row_to_json(pgrst_first)) AS pgrst_key FROM (SELECT * FROM ${source} LIMIT 1) AS pgrst_first) AS pgrst_keys)`
}

function renderCsv(source: string): string {
  return `${csvHeader(source)} || E'\\n' || coalesce(string_agg(${csvRow}, E'\\n'), '')`
}
