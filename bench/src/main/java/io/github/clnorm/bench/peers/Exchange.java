package io.github.clnorm.bench.peers;

import java.nio.file.Path;

/**
 * The folder through which the program and the processes that JMH makes for it tell each other what is right, and who was:
 * the expected results as {@link ExpectedResults} writes them, and a {@link PeerVerdict} of each peer.
 */
final class Exchange {

    private static final String PROPERTY = "clnorm.exchange";

    private Exchange() {}

    /** The folder of this process; null where a benchmark was started by JMH alone. */
    static Path folder() {
        String folder = System.getProperty(PROPERTY);
        return folder == null ? null : Path.of(folder);
    }

    /** What a process is told it by. */
    static String argument(Path folder) {
        return "-D" + PROPERTY + "=" + folder.toAbsolutePath();
    }

    static Path verdict(Path folder, String peer) {
        return folder.resolve("verdict-" + peer);
    }
}
