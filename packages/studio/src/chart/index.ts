/** chart: lines over time; the library comes with the first of them. */
export { TimeChart } from './time-chart.tsx'
export type { ChartSeries } from './draw.ts'
