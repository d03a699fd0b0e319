/**
 * Replaces files atomically: each file that clnorm writes keeps its old content until the new content is complete and
 * flushed.
 *
 * <p>Hidden files beside a destination:
 *
 * <ul>
 *   <li>{@code .clnorm-<process>-<set>-<number>.part}: incomplete new content, locked by its owner.
 *   <li>{@code .clnorm-<process>-<set>.commit}: the journal of a set of files during its commit, locked by its owner.
 *   <li>{@code .clnorm-<process>-<set>-<number>.old}: the old content of a file of that set.
 *   <li>{@code .clnorm-<hash>.lock}: the lock of the destination whose name has this hash.
 * </ul>
 *
 * <p>A process removes its own files, also on SIGINT and SIGTERM. After SIGKILL, the next process that writes to the
 * folder finds files without a lock, rolls back the commit of a journal, and removes the files. On a file system
 * without locks, leftovers are removed after a week.
 */
package io.github.clnorm.internal.files;
