package io.github.clnorm.bench.peers;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;

/**
 * Whether a peer computes a workload correctly. The process that would time it writes this to a file.
 *
 * @param status how it went
 * @param error the largest; NaN where nothing was computed
 * @param reason why it is not timed, in a few words; null if it is timed
 * @param implementation the one that the library chose; null if it does not report one
 * @param version of the library; null if it could not be loaded
 * @param hugePagesMb memory of the process in huge pages, MB
 */
record PeerVerdict(
        Status status, double error, String reason, String implementation, String version, long hugePagesMb) {

    static PeerVerdict without(Status status, String reason) {
        return new PeerVerdict(status, Double.NaN, reason, null, null, 0);
    }

    /** The verdict on an error. */
    static PeerVerdict of(Task task, double error, ElementType type, String version) {
        boolean right = ExpectedResults.passes(error, type);
        return new PeerVerdict(
                right ? Status.OK : Status.WRONG,
                error,
                right ? null : String.format(Locale.ROOT, "wrong (error %.1e)", error),
                task.implementation(),
                version,
                HugePages.ofThisProcess());
    }

    void write(Path file) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("status", status.name());
        properties.setProperty("error", Double.toString(error));
        put(properties, "reason", reason);
        put(properties, "implementation", implementation);
        put(properties, "version", version);
        properties.setProperty("hugePagesMb", Long.toString(hugePagesMb));
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
    }

    private static void put(Properties properties, String name, String value) {
        if (value != null) {
            properties.setProperty(name, value);
        }
    }

    /** Reads the verdict of a process, or makes one that says that the process failed. */
    static PeerVerdict read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return without(Status.FAILED, "failed");
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        return new PeerVerdict(
                Status.valueOf(properties.getProperty("status")),
                Double.parseDouble(properties.getProperty("error")),
                properties.getProperty("reason"),
                properties.getProperty("implementation"),
                properties.getProperty("version"),
                Long.parseLong(properties.getProperty("hugePagesMb")));
    }

    /** The result of a check. */
    enum Status {
        /** Correct: it will be timed. */
        OK,
        /** The library lacks it. */
        UNSUPPORTED,
        /** Too large an error. */
        WRONG,
        /** An unexpected failure. */
        FAILED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
