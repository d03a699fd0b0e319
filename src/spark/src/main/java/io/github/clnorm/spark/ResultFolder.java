package io.github.clnorm.spark;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** A folder for results, on any file system that Spark writes to. Not thread-safe. */
final class ResultFolder implements AutoCloseable {

    private final Path folder;
    private final FileSystem files;

    /**
     * Creates the folder if it does not exist, and checks that it can be written to.
     *
     * @param name a path or URI, as for {@code DataFrameWriter.save}
     * @throws IOException if it cannot be written to
     */
    ResultFolder(String name, Configuration configuration) throws IOException {
        this.folder = new Path(name);
        // Its own instance: the setting below would change everyone's.
        this.files = FileSystem.newInstance(folder.toUri(), configuration);
        try {
            // No hidden files with checksums beside the results.
            files.setWriteChecksum(false);
            files.mkdirs(folder);
            Path probe = new Path(folder, ".clnorm-probe");
            files.create(probe, true).close();
            files.delete(probe, false);
        } catch (IOException | RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** Writes a file and returns its whole name. */
    String write(String name, String text) throws IOException {
        Path file = new Path(folder, name);
        try (OutputStream out = files.create(file, true)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return files.makeQualified(file).toString();
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
