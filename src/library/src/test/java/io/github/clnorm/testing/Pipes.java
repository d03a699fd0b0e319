package io.github.clnorm.testing;

import java.io.IOException;
import java.nio.file.Path;

/** Creates named pipes. Opening one blocks. */
public final class Pipes {
    private Pipes() {}

    public static Path make(Path path) throws IOException, InterruptedException {
        if (new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor() != 0) {
            throw new IOException(path + ": no pipe could be made");
        }
        return path;
    }
}
