package io.github.clnorm.tools.survey;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.tools.terminal.AtomicFile;
import io.github.clnorm.tools.terminal.OutputFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * The file of a survey. It is replaced as a whole after each step, so that it is a whole document even if a driver ends
 * the process. Standard output, pipes and devices get the finished document alone. Thread-safe.
 */
final class SurveyFile {

    // Larger documents are compressed: some trackers of issues take no attachment above 10 MB.
    private static final int MOST_PLAIN_BYTES = 4 << 20;
    private static final String ZIPPED = ".gz";

    private final Path target;
    private final boolean isReplaced;
    private boolean finished;
    private ObjectNode last;
    private Path written;

    private SurveyFile(Path target, boolean isReplaced) {
        this.target = target;
        this.isReplaced = isReplaced;
    }

    /**
     * A file that the user names. An existing file is replaced.
     *
     * @throws IllegalArgumentException if it cannot be created
     */
    static SurveyFile named(String name) throws IOException {
        Path target = OutputFile.path("--output", name);
        boolean isReplaced =
                !AtomicFile.isStandardOutput(name) && (!Files.exists(target) || Files.isRegularFile(target));
        // Fails early if it cannot be created.
        try {
            new AtomicFile(target).close();
        } catch (IllegalArgumentException e) {
            Path folder = target.toAbsolutePath().getParent();
            if (e.getCause() instanceof NoSuchFileException && Files.isDirectory(folder)) {
                // Such as /proc.
                throw new IllegalArgumentException(
                        "--output: " + target + ": no file can be created in this folder", e);
            }
            throw e;
        }
        return new SurveyFile(target, isReplaced);
    }

    /**
     * A new file in a folder.
     *
     * @param stem such as {@code clnorm-survey-h200-20261130}; a number follows if the file exists
     * @throws IllegalArgumentException if it cannot be created
     */
    static SurveyFile in(Path folder, String stem) throws IOException {
        for (int number = 1; ; number++) {
            Path target = folder.resolve(stem + (number == 1 ? "" : "-" + number) + ".json");
            try {
                // Two surveys that start at once get two files.
                if (!Files.exists(target.resolveSibling(target.getFileName() + ZIPPED))) {
                    Files.createFile(target);
                    return new SurveyFile(target, true);
                }
            } catch (FileAlreadyExistsException e) {
                continue;
            } catch (FileSystemException e) {
                throw new IllegalArgumentException(
                        target + ": cannot be written: "
                                + (e.getReason() == null ? "permission denied" : e.getReason())
                                + "; change to another folder, or name a file with --output",
                        e);
            }
        }
    }

    /** The file that was written last; null before the first. */
    synchronized Path written() {
        return written;
    }

    /** Whether the document goes to standard output. */
    boolean isStandardOutput() {
        return AtomicFile.isStandardOutput(target.toString());
    }

    /** The document that was kept last; null before the first. */
    synchronized ObjectNode last() {
        return last;
    }

    /** Keeps an unfinished document. */
    synchronized void keep(ObjectNode document) throws IOException {
        if (finished) {
            return;
        }
        last = document;
        if (isReplaced) {
            write(document);
        }
    }

    /**
     * Writes the finished document. The first caller wins.
     *
     * @return whether this document was written
     */
    synchronized boolean finish(ObjectNode document) throws IOException {
        if (finished) {
            return false;
        }
        finished = true;
        write(document);
        return true;
    }

    /** Deletes a file that has no document. */
    synchronized void discard() throws IOException {
        if (isReplaced && written == null && Files.exists(target) && Files.size(target) == 0) {
            Files.delete(target);
        }
    }

    private void write(ObjectNode document) throws IOException {
        byte[] text = SurveyDocument.text(document).getBytes(StandardCharsets.UTF_8);
        if (!isReplaced) {
            try (AtomicFile file = new AtomicFile(target)) {
                file.write(new String(text, StandardCharsets.UTF_8));
            }
            written = target;
            return;
        }
        Path file = target;
        boolean isNamedZipped = target.toString().endsWith(ZIPPED);
        if (isNamedZipped || text.length > MOST_PLAIN_BYTES) {
            text = zipped(text);
            file = isNamedZipped ? target : target.resolveSibling(target.getFileName() + ZIPPED);
        }
        try {
            FileReplacements.replace(file, text, false);
        } catch (FileSystemException e) {
            throw new IOException(
                    file + ": cannot be written: " + (e.getReason() == null ? "permission denied" : e.getReason()), e);
        }
        if (!file.equals(target)) {
            Files.deleteIfExists(target);
        }
        written = file;
    }

    private static byte[] zipped(byte[] text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text);
        }
        return bytes.toByteArray();
    }
}
