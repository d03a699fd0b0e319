package io.github.clnorm.bench.peers;

import java.nio.file.Path;

/**
 * The folder through which the program and its JMH processes exchange data: the expected results ({@link
 * ExpectedResults}) and a {@link PeerVerdict} of each peer.
 */
final class Exchange {

    private static final String PROPERTY = "clnorm.exchange";

    private Exchange() {}

    /** The folder of this process; null if JMH was started without {@code clnorm peers}. */
    static Path folder() {
        String folder = System.getProperty(PROPERTY);
        return folder == null ? null : Path.of(folder);
    }

    /** The system property that names the folder. */
    static String argument(Path folder) {
        return "-D" + PROPERTY + "=" + folder.toAbsolutePath();
    }

    static Path verdict(Path folder, String peer) {
        return folder.resolve("verdict-" + peer);
    }
}
