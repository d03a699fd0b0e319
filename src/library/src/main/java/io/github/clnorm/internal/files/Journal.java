package io.github.clnorm.internal.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Records the old names of a set of files in one folder while they are renamed. It exists from before the first rename
 * until after the last one. If its owner is killed in between, the next process restores the old files.
 *
 * <p>Entries name files in the journal's own folder only, so a journal cannot change anything elsewhere.
 */
final class Journal {

    private static final String FIRST_LINE = "clnorm commit 1";
    private static final String LAST_LINE = "end";
    private static final String NEW_FILE = "new";
    private static final int FIELDS = 5;
    private static final long MAX_BYTES = 16 << 20;

    /**
     * A file that is replaced.
     *
     * @param older the hidden name of the old content; null if there was no file
     * @param content what identifies the new content
     */
    record Change(String destination, String older, Content content) {}

    /**
     * Identifies a file that was renamed.
     *
     * @param inode 0 if the file system has none
     */
    record Content(long inode, long size, long modified) {

        static Content of(Path file) throws IOException {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return new Content(
                    inode(file),
                    attributes.size(),
                    attributes.lastModifiedTime().toMillis());
        }

        private static long inode(Path file) throws IOException {
            return file.getFileSystem().supportedFileAttributeViews().contains("unix")
                    ? (long) Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS)
                    : 0;
        }

        boolean isOf(Path file) throws IOException {
            try {
                return equals(of(file));
            } catch (NoSuchFileException e) {
                return false;
            }
        }
    }

    private Journal() {}

    static byte[] text(List<Change> entries) {
        StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
        for (Change entry : entries) {
            text.append(encoded(entry.destination))
                    .append(' ')
                    .append(entry.older == null ? NEW_FILE : encoded(entry.older))
                    .append(' ')
                    .append(entry.content.inode)
                    .append(' ')
                    .append(entry.content.size)
                    .append(' ')
                    .append(entry.content.modified)
                    .append('\n');
        }
        return text.append(LAST_LINE).append('\n').toString().getBytes(StandardCharsets.US_ASCII);
    }

    // Names may contain blanks and line ends. No name encodes to NEW_FILE, whose length is not a multiple of four.
    private static String encoded(String name) {
        return Base64.getEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads the entries; none if the text is incomplete. */
    static List<Change> read(FileChannel channel) throws IOException {
        List<Change> entries = new ArrayList<>();
        if (channel.size() > MAX_BYTES) {
            return entries;
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
        // Not closed, because that would close the channel and release its lock.
        Channels.newInputStream(channel.position(0)).readNBytes(bytes.array(), 0, bytes.capacity());
        List<String> lines =
                new String(bytes.array(), StandardCharsets.US_ASCII).lines().toList();
        if (lines.size() < 2
                || !lines.get(0).equals(FIRST_LINE)
                || !lines.get(lines.size() - 1).equals(LAST_LINE)) {
            return List.of();
        }
        try {
            for (String line : lines.subList(1, lines.size() - 1)) {
                String[] fields = line.split(" ");
                if (fields.length != FIELDS) {
                    return List.of();
                }
                entries.add(new Change(
                        decoded(fields[0]),
                        fields[1].equals(NEW_FILE) ? null : decoded(fields[1]),
                        new Content(Long.parseLong(fields[2]), Long.parseLong(fields[3]), Long.parseLong(fields[4]))));
            }
        } catch (IllegalArgumentException e) {
            return List.of();
        }
        return entries;
    }

    private static String decoded(String text) {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
    }

    /** Restores the old files, except those that another program has replaced since. */
    static void rollBack(Path folder, List<Change> entries) throws IOException {
        for (Change entry : entries) {
            Path destination = child(folder, entry.destination);
            if (destination == null || !entry.content.isOf(destination)) {
                continue;
            }
            if (entry.older == null) {
                Files.deleteIfExists(destination);
            } else {
                Path older = child(folder, entry.older);
                if (older != null && Files.isRegularFile(older, LinkOption.NOFOLLOW_LINKS)) {
                    Files.move(older, destination, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }

    /** The path of a file in the folder; null if the name is not a plain file name. */
    static Path child(Path folder, String name) {
        Path child = folder.resolve(name).normalize();
        return folder.equals(child.getParent())
                        && child.getFileName().toString().equals(name)
                ? child
                : null;
    }
}
