/** Words of test files that take seconds: they wait for a peer, or allow their tests more time than usual. */
const LONG = /\bdescribeWith[A-Z]|\btimeout: \d|\bSLOW\b/;

/**
 * Sorts test files: the long ones first, and then larger ones before smaller ones. A long file that starts last keeps one
 * worker busy while the others have nothing left to do. A fresh clone has no record of how long each file takes.
 *
 * @param textOf the content of a file
 */
export function longFirst<File>(
  files: readonly File[],
  textOf: (file: File) => string,
): readonly File[] {
  return files
    .map((file) => {
      const text = textOf(file);
      return { file, rank: LONG.test(text) ? 0 : 1, size: text.length };
    })
    .toSorted((one, other) => one.rank - other.rank || other.size - one.size)
    .map(({ file }) => file);
}
