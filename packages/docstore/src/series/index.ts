/** Time series. */
export { Series, type SeriesOptions, type SeriesStats } from './series.ts'
export type { SeriesValue, WriteRecord } from './record-codec.ts'
export type { SeriesQuery, SeriesRecord } from './read-records.ts'
export type { Cell, RollupDefinition } from './rollups.ts'
export type { Aggregate } from './aggregate.ts'
