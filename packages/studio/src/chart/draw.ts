/** The lines themselves, on a canvas. */
import 'uplot/dist/uPlot.min.css'
import uPlot from 'uplot'

export type ChartColor = 'info' | 'accent' | 'code-number' | 'code-keyword' | 'warn' | 'danger'

export interface ChartSeries {
  readonly label: string
  /** A token of the theme. */
  readonly color: ChartColor
  readonly dash?: boolean
  readonly values: readonly (number | null)[]
}

interface Data {
  readonly times: readonly number[]
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly series: readonly ChartSeries[]
  readonly format: (value: number) => string
}

export interface Drawn {
  update(data: Data): void
  close(): void
}

const height = 180

/** `onPoint` is told which of the times is pointed at. */
export function draw(
  box: HTMLElement,
  first: Data,
  onPoint: (index: number | null) => void,
): Drawn {
  let data = first
  const tones = tonesOf(box)
  const chart = new uPlot(
    {
      width: Math.max(box.clientWidth, 100),
      height,
      legend: { show: false },
      cursor: { sync: { key: 'studio' }, drag: { x: false, y: false }, points: { size: 6 } },
      padding: [8, 8, 0, 0],
      scales: {
        x: { time: true, range: () => [data.fromSeconds, data.toSeconds] },
        y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        axis(tones, 28, (values) => values.map(clockOf)),
        axis(tones, 64, (values) => values.map((value) => data.format(value))),
      ],
      series: [
        {},
        ...first.series.map((one) => ({
          label: one.label,
          stroke: tones.of(`--${one.color}`),
          width: 1.5,
          spanGaps: true,
          points: { show: false, size: 5, fill: tones.of(`--${one.color}`), filter: alone },
          ...(one.dash === true ? { dash: [5, 4] } : {}),
        })),
      ],
      hooks: { setCursor: [(self) => onPoint(self.cursor.idx ?? null)] },
    },
    aligned(first),
    box,
  )
  const sizes = new ResizeObserver(() =>
    chart.setSize({ width: Math.max(box.clientWidth, 100), height }),
  )
  sizes.observe(box)
  return {
    update: (next) => {
      data = next
      chart.setData(aligned(next))
    },
    close: () => {
      sizes.disconnect()
      chart.destroy()
    },
  }
}

/** A line needs two: a value whose neighbours are none is a point. */
function alone(chart: uPlot, series: number): number[] {
  const values = chart.data[series] ?? []
  const isThere = (index: number): boolean => typeof values[index] === 'number'
  return [...values.keys()].filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  )
}

function aligned({ times, series }: Data): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData
}

function axis(tones: Tones, size: number, values: (values: number[]) => string[]): uPlot.Axis {
  return {
    stroke: tones.of('--muted'),
    grid: { stroke: tones.of('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${tones.font}`,
    size,
    values: (_, splits) => values(splits),
  }
}

function clockOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const rest = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`
  return `${two(date.getHours())}:${two(date.getMinutes())}${rest}`
}

interface Tones {
  readonly font: string
  readonly of: (token: string) => string
}

/** Tokens as the theme has them now: a canvas knows no `var()`. */
function tonesOf(box: HTMLElement): Tones {
  const probe = document.createElement('span')
  const read = (token: string): string => {
    probe.style.color = `var(${token})`
    box.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
  return { font: getComputedStyle(box).fontFamily, of: read }
}
