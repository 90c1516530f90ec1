/** Of the seconds that are left, those that are read aloud. */
const marks = [5, 10, 30, 60];

/** What is said of the seconds that are left to whoever hears them: as a few round figures, and not each second. */
export function heardOf(left: number): number {
  return left <= 0 ? 0 : (marks.find((mark) => left <= mark) ?? Math.ceil(left / 60) * 60);
}
