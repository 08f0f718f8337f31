export { formatValues, ProgressBar, type ProgressStyle } from './progress-bar.ts';
export {
  formatShape,
  type ParameterCount,
  type SummaryContent,
  type SummaryRow,
  summaryLines,
} from './summary-table.ts';
export { bold, standardOutput, type Terminal } from './terminal.ts';
