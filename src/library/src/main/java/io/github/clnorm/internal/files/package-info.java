/**
 * Replaces files as a whole: every file that clnorm writes keeps its old content under its name until the new content is
 * complete and flushed.
 *
 * <p>Hidden files beside a destination, all of which begin with {@code .clnorm-}:
 *
 * <ul>
 *   <li>{@code .clnorm-<process>-<set>-<number>.part}: new content that is not complete. Locked by its owner.
 *   <li>{@code .clnorm-<process>-<set>.commit}: the journal of a set of files that is being renamed. Locked by its owner.
 *   <li>{@code .clnorm-<process>-<set>-<number>.old}: the old content of a file of that set.
 *   <li>{@code .clnorm-<hash>.lock}: exists while a process replaces the file with that hash of its name.
 * </ul>
 *
 * <p>A process removes what it made, also on SIGINT and SIGTERM. What a killed process left is removed by the next one
 * that writes to the folder, which recognizes it by the missing lock, and rolls back the set of a journal. Where the file
 * system has no locks, leftovers are removed after a week.
 */
package io.github.clnorm.internal.files;
