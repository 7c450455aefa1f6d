import type { DatabaseSync } from "node:sqlite";
import type { Connection } from "./connection.ts";
import { storageError } from "./storage-error.ts";

/** Works in one transaction. A thousand waiting works become some dozens of disk writes, and none waits for long. */
const LARGEST_GROUP = 64;

type Work<T> = (connection: Connection) => T;
type Run = <T>(work: Work<T>) => Promise<T>;

interface Opened {
  readonly raw: DatabaseSync;
  readonly connection: Connection;
  readonly path: string;
}

/** A waiting work, with the functions that settle its promise. */
interface Waiting {
  /** Runs the work. The returned function settles its promise once the transaction is on disk. */
  attempt(): () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Runs writes one after another, and those that arrive during another together, because a transaction costs one disk
 * write, whatever it contains. Each work is atomic: a savepoint undoes a failed one, and nothing of the others.
 *
 * @param run one write transaction
 */
export function createWriteGroups({ raw, connection, path }: Opened, run: Run): Run {
  const queue: Waiting[] = [];
  let writing = false;

  const writeAll = async (): Promise<void> => {
    writing = true;
    for (let group = queue.splice(0, LARGEST_GROUP); group.length > 0;) {
      try {
        const tell = await run(() => group.map((one) => one.attempt()));
        for (const told of tell) told();
      } catch (caught) {
        for (const { fail } of group) fail(caught);
      }
      group = queue.splice(0, LARGEST_GROUP);
    }
    writing = false;
  };
  const enqueue = <T>(work: Work<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      queue.push({
        attempt: () => {
          raw.exec("SAVEPOINT work");
          try {
            const result = work(connection);
            raw.exec("RELEASE work");
            return () => resolve(result);
          } catch (caught) {
            // SQLite rolls the whole transaction back by itself after some failures, such as a full disk.
            if (!raw.isTransaction) throw caught;
            raw.exec("ROLLBACK TO work; RELEASE work");
            return () => reject(storageError(caught, path));
          }
        },
        fail: reject,
      });
    });
  const alone = async <T>(work: Work<T>): Promise<T> => {
    writing = true;
    try {
      return await run(work);
    } finally {
      writing = false;
      if (queue.length > 0) void writeAll();
    }
  };
  return (work) => (writing || queue.length > 0 ? enqueue(work) : alone(work));
}
